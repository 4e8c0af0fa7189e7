import type { StorageBackend } from "@agent-assembly/storage-core";
import fc from "fast-check";

/** One call, printable when a run fails. */
export class Command {
  constructor(
    readonly name: string,
    readonly args: readonly unknown[],
    readonly run: (backend: StorageBackend) => Promise<unknown>,
  ) {}

  /** Whether it takes parts out of events, which not every backend can. */
  get erases(): boolean {
    return /^(planErasure|erase|erasures|erasureSupport\..*)$/.test(this.name);
  }

  [fc.toStringMethod](): string {
    return `${this.name}(${this.args.map((arg) => fc.stringify(arg)).join(", ")})`;
  }
}

/** A command whose arguments are drawn one by one. */
export function command<Args extends unknown[]>(
  name: string,
  args: { [K in keyof Args]: fc.Arbitrary<Args[K]> },
  run: (backend: StorageBackend, ...args: Args) => Promise<unknown>,
): fc.Arbitrary<Command> {
  return fc.tuple<Args>(...args).map((drawn) => new Command(name, drawn, (backend) => run(backend, ...drawn)));
}
