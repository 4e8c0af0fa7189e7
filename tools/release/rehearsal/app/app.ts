// An application, as its author's compiler sees it: declarations are made of what it exports.
import * as evidence from "@agent-assembly/evidence";
import * as migrations from "@agent-assembly/migrations";
import * as retention from "@agent-assembly/retention";
import * as redis from "@agent-assembly/state-redis";
import { loadConfig, openStorage } from "@agent-assembly/storage";
import * as contract from "@agent-assembly/storage-contract";
import type { AuditEvent } from "@agent-assembly/storage-core";
import * as kit from "@agent-assembly/storage-core/backend";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import * as state from "@agent-assembly/storage-core/state";
import * as wrappers from "@agent-assembly/storage-core/wrappers";
import { openPostgresStorage } from "@agent-assembly/storage-postgres";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import * as transcripts from "@agent-assembly/transcripts";

export const packages = { evidence, migrations, retention, redis, contract, kit, state, transcripts, wrappers };
export const openers = { openMemoryStorage, openPostgresStorage, openSqliteStorage };

export async function open() {
  return openStorage(await loadConfig());
}

export function denied(events: readonly AuditEvent[]) {
  return events.filter(({ decision }) => decision === "deny");
}

export async function perAgent(path: string) {
  const storage = await openSqliteStorage({ path, migrate: "auto" });
  return storage.audit.summarize({}, { groupBy: ["agentId", "decision"] });
}
