import { randomUUID } from "node:crypto";
import type { KeyedTable } from "../records/keyed-table.js";
import { parseInteger, parseText } from "../support/input.js";
import type { Lease } from "./lease.js";

/** A lease as backends store it. */
export interface LeaseRow {
  readonly name: string;
  /** What tells the holder from others; made for each lease. */
  readonly owner: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** Leases among all processes that share a backend's table; they expire by the table's clock. */
export function createLeases(table: KeyedTable<LeaseRow>): (name: string, ttlMs: number) => Promise<Lease | undefined> {
  return async (name, ttlMs) => {
    parseText("name", name);
    parseInteger("ttlMs", ttlMs, 1000, 86_400_000);
    const owner = randomUUID();
    const isMine = (held: LeaseRow | undefined): held is LeaseRow => held?.owner === owner;
    const held = await table.replace(name, (held, now) =>
      held !== undefined && held.expiresAt > now ? held : { name, owner, expiresAt: now + ttlMs },
    );
    if (!isMine(held)) return undefined;
    let expiresAt = held.expiresAt;
    const release = async (): Promise<void> => {
      await table.replace(name, (held) => (isMine(held) ? undefined : held));
    };
    return {
      name,
      get expiresAt() {
        return new Date(expiresAt);
      },
      async renew() {
        let renewed = false;
        const stored = await table.replace(name, (held, now) => {
          renewed = isMine(held) && held.expiresAt > now;
          return isMine(held) && renewed ? { ...held, expiresAt: now + ttlMs } : held;
        });
        if (renewed && stored !== undefined) expiresAt = stored.expiresAt;
        return renewed;
      },
      release,
      [Symbol.asyncDispose]: release,
    };
  };
}
