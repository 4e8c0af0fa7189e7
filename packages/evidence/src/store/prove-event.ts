import { type AuditEvent, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { evidenceOf, requireLog } from "../log/store-log.js";
import { readEventEvidence } from "./event-evidence.js";
import { newestCheckpoint } from "./store-source.js";

/** Options of {@link proveEvent}. */
export interface ProveEventOptions {
  /** The event's time, where it is known: without it the whole store is searched. */
  readonly from?: Date | undefined;
  /** First instant behind it. */
  readonly to?: Date | undefined;
}

/** The proof of one event. */
export interface EventProof {
  /** The text of a `.tlog-proof` file, which has the entry of the event. */
  readonly proof: string;
  readonly eventId: string;
  /** Of the event in the tree. */
  readonly leaf: number;
  /** Leaves of the checkpoint's tree. */
  readonly size: number;
  readonly origin: string;
}

/**
 * Proves that the log of a store has an event, by its newest checkpoint.
 * @throws `not_found` for an event that the store does not have, or that no checkpoint covers yet; `conflict` where several events
 *   have the id; `corrupt` for one that is not as it was sealed; `permission_denied` for a login that reads no salts; `EvidenceError`
 *   for tiles that are damaged
 *
 * @example
 * ```ts
 * import { writeFile } from "node:fs/promises";
 * import { proveEvent } from "@agent-assembly/evidence";
 * import type { StorageBackend } from "@agent-assembly/storage-core";
 *
 * export async function writeProof(storage: StorageBackend, eventId: string): Promise<void> {
 *   const { proof } = await proveEvent(storage, eventId);
 *   await writeFile(`${eventId}.tlog-proof`, proof);
 * }
 * ```
 */
export async function proveEvent(
  storage: StorageBackend,
  eventId: string,
  range: ProveEventOptions = {},
): Promise<EventProof> {
  const support = evidenceOf(storage);
  const log = await requireLog(support);
  await newestCheckpoint(support, log.log);
  const event = await findEvent(storage, eventId, range);
  const found = await readEventEvidence(support, log, event);
  switch (found.state) {
    case "proven": {
      const { proof, leaf, size, origin } = found;
      return { proof, eventId: event.eventId, leaf, size, origin };
    }
    case "unproven":
      throw new StorageError({
        code: "permission_denied",
        message: "the login may not read the salts that a proof needs",
        remedy: "Use one with the rights of the role that seals.",
      });
    case "not_as_sealed":
      throw new StorageError({
        code: "corrupt",
        message: `${event.eventId}: ${found.detail}`,
        remedy: 'Verify the store, as "aasm evidence verify" does.',
      });
    default:
      throw new StorageError({
        code: "not_found",
        message: `no checkpoint covers the event ${event.eventId} yet`,
        remedy: 'Seal and sign, as "aasm evidence seal --once" does, and try again.',
      });
  }
}

async function findEvent(
  storage: StorageBackend,
  eventId: string,
  { from, to }: ProveEventOptions,
): Promise<AuditEvent> {
  const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
  const { items } = await storage.audit.query({ ...range, eventId }, { limit: 2 });
  const [event, other] = items;
  if (event !== undefined && other === undefined) return event;
  if (event === undefined) {
    throw new StorageError({ code: "not_found", message: `there is no event ${eventId} in the store` });
  }
  throw new StorageError({
    code: "conflict",
    message: `several events have the id ${eventId}`,
    remedy: "Say from when to when the event is.",
  });
}
