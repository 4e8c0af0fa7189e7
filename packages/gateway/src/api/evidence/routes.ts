import { logKeys, newestCheckpoint, parseTilePath, type Tile } from "@agent-assembly/evidence";
import type { AgentStorage } from "@agent-assembly/storage";
import { type EvidenceLog, type EvidenceSupport, MAX_EVIDENCE_LIMIT } from "@agent-assembly/storage-core/backend";
import { problem } from "../../http/problem.js";
import { fileAnswer, jsonAnswer } from "../routing/answers.js";
import { defineRoute, type Route } from "../routing/route.js";
import * as schemas from "../schemas/evidence.js";

const TAG = "evidence";
const HASH_BYTES = 32;

/** The routes of the log that seals events. */
export const EVIDENCE_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    path: "/evidence/status",
    id: "evidenceStatus",
    tag: TAG,
    summary: "Where the log stands",
    scopes: ["read"],
    team: "refused",
    answers: { 200: { description: "Nothing of it is verified", schema: schemas.evidenceStatus } },
    handle: async ({ context: { storage, now } }) => jsonAnswer(await evidenceStatus(storage, now())),
  }),
  defineRoute({
    method: "GET",
    path: "/evidence/erasures",
    id: "listErasures",
    tag: TAG,
    summary: "List erasures",
    scopes: ["read"],
    team: "refused",
    answers: { 200: { description: "Oldest first", schema: schemas.erasureList } },
    errors: { 501: "The store erases nothing" },
    handle: async ({ context }) => jsonAnswer({ items: await context.storage.erasures() }),
  }),
  defineRoute({
    method: "GET",
    path: "/evidence/checkpoint",
    id: "getCheckpoint",
    tag: TAG,
    summary: "Read the newest signed checkpoint",
    description: "A signed note, as in C2SP tlog-checkpoint.",
    scopes: ["read"],
    team: "refused",
    answers: { 200: { description: "The note", mediaTypes: ["text/plain"] } },
    errors: { 404: "The events are not sealed, or no checkpoint was signed", 501: "The store keeps no evidence" },
    async handle({ context }) {
      const { support, log } = await requireLog(context.storage);
      const { note } = await newestCheckpoint(support, log.log);
      return fileAnswer(note, "text/plain; charset=utf-8");
    },
  }),
  defineRoute({
    method: "GET",
    path: "/evidence/tile/{path}",
    id: "getTile",
    tag: TAG,
    summary: "Read a tile of the tree",
    description:
      "Hashes side by side, as in C2SP tlog-tiles; the path ends with level and index, such as `0/x001/067` or `0/003.p/17`. Bundles of entries are in exports only, since they need the salts of events.",
    scopes: ["read"],
    team: "refused",
    params: schemas.tilePath,
    answers: { 200: { description: "32 bytes for each hash", mediaTypes: ["application/octet-stream"] } },
    errors: { 404: "The tree has no such tile yet", 501: "The store keeps no evidence" },
    async handle({ context, params: { path } }) {
      const { support, log } = await requireLog(context.storage);
      const hashes = await readTile(support, log, parseTilePath(`tile/${path}`));
      return fileAnswer(new Uint8Array(hashes), "application/octet-stream");
    },
  }),
];

/** The hashes of a tile. @throws ProblemError 404 */
async function readTile(
  support: EvidenceSupport,
  { log }: EvidenceLog,
  { level, index, width }: Tile<number | "entries">,
): Promise<Uint8Array> {
  if (level !== "entries") {
    const [tile] = await support.tiles(log, level, { from: index, limit: 1 });
    const bytes = width * HASH_BYTES;
    if (tile?.index === index && tile.hashes.byteLength >= bytes) return tile.hashes.subarray(0, bytes);
  }
  throw problem("not_found", "the tree has no such tile");
}

/** @throws ProblemError 404, 501 */
async function requireLog({ evidenceSupport: support }: AgentStorage) {
  if (support === undefined) throw problem("unsupported", "this store keeps no evidence");
  const log = await support.log();
  const remedy = "Run aasm evidence init once.";
  if (log === undefined) throw problem("not_found", "the events of this store are not sealed", { remedy });
  return { support, log };
}

/** Where the log of a store stands; a few rows are read, however large it is. */
export async function evidenceStatus({ evidenceSupport: support }: AgentStorage, now: number): Promise<object> {
  const log = await support?.log();
  if (support === undefined || log === undefined) return { sealed: false };
  const [[checkpoint], waiting, keys, logs, anchors] = await Promise.all([
    support.checkpoints(1, log.log),
    support.next(log.position, MAX_EVIDENCE_LIMIT),
    logKeys(support, log),
    support.logs(),
    newestReceipts(support, log),
  ]);
  const [oldest] = waiting.events;
  return {
    sealed: true,
    origin: log.origin,
    size: log.size,
    lagMs: oldest === undefined ? 0 : Math.max(1, now - oldest.event.recordedAt),
    waiting: { events: waiting.events.length, more: waiting.more },
    checkpoint: checkpoint === undefined ? null : { size: checkpoint.size, at: new Date(checkpoint.at) },
    logs: logs.map((one) => ({ log: one.log, origin: one.origin, size: one.size })),
    keys,
    anchors,
  };
}

/** The newest receipt of each anchor. */
async function newestReceipts(support: EvidenceSupport, { log }: EvidenceLog): Promise<object[]> {
  const newest = new Map<string, object>();
  for (const { kind, target, size, at } of await support.anchors(MAX_EVIDENCE_LIMIT, log)) {
    const name = `${kind} ${target}`;
    if (!newest.has(name)) newest.set(name, { kind, where: target, size, at: new Date(at) });
  }
  return [...newest.values()];
}
