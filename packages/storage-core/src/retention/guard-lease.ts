import type { Lease } from "./lease.js";

/** The same lease, whose calls are operations of the store too. @param around each of them */
export function guardLease(lease: Lease, around: <T>(run: () => Promise<T>) => Promise<T>): Lease {
  const release = (): Promise<void> => around(() => lease.release());
  return {
    name: lease.name,
    get expiresAt() {
      return lease.expiresAt;
    },
    renew: () => around(() => lease.renew()),
    release,
    [Symbol.asyncDispose]: release,
  };
}
