import type { NewAuditEvent, Partition, StorageBackend } from "@agent-assembly/storage-core";
import postgres from "postgres";
import { openPostgresStorage } from "../../src/backend.js";
import type { RoleName, StoreWithRoles } from "./store-with-roles.js";

export const DAY_MS = 86_400_000;
export const NOON = Math.floor(Date.now() / DAY_MS) * DAY_MS - DAY_MS / 2;

export function event(daysAgo: number, n: number): NewAuditEvent {
  const eventId = `00000000-0000-4000-8000-${String(daysAgo * 10_000 + n).padStart(12, "0")}`;
  const ts = new Date(NOON - daysAgo * DAY_MS);
  return { ts, eventId, agentId: `agent-${n % 5}`, action: "tool_call", decision: "allow", payload: { n } };
}

/** Enough of them go by COPY. */
export function events(daysAgo: number, count: number): NewAuditEvent[] {
  return Array.from({ length: count }, (_, n) => event(daysAgo, n));
}

export async function oldest({ partitions }: Pick<StorageBackend, "partitions">): Promise<Partition> {
  const [partition] = await partitions.list("audit");
  if (partition === undefined) throw new Error("there is no partition");
  return partition;
}

/** Acts as the users of a store. */
export class RoleUsers {
  readonly #connections = new Map<RoleName, postgres.Sql>();

  constructor(private readonly store: StoreWithRoles) {}

  async as<T>(user: RoleName | "owner", work: (storage: StorageBackend) => Promise<T>): Promise<T> {
    await using storage = await openPostgresStorage(this.store.optionsOf(user));
    return await work(storage);
  }

  /** @returns the SQLSTATE it failed with, or `done`, and then it was undone */
  async attempt(user: RoleName, statement: string): Promise<string | undefined> {
    try {
      return await this.#connectionOf(user).begin<never>(async (transaction) => {
        await transaction.unsafe(`SET LOCAL search_path TO ${this.store.schema}`);
        await transaction.unsafe(statement);
        throw Object.assign(new Error("undo it"), { code: "done" });
      });
    } catch (error) {
      return (error as { code?: string }).code;
    }
  }

  /** Runs a statement that yields one number, and commits. */
  async number(user: RoleName, statement: string): Promise<number> {
    const [row] = await this.#connectionOf(user).unsafe<{ n: number }[]>(statement);
    return row?.n ?? Number.NaN;
  }

  async close(): Promise<void> {
    for (const sql of this.#connections.values()) await sql.end();
  }

  #connectionOf(user: RoleName): postgres.Sql {
    const { url } = this.store.optionsOf(user);
    const known = this.#connections.get(user) ?? postgres(url, { max: 1, onnotice: () => undefined });
    this.#connections.set(user, known);
    return known;
  }
}
