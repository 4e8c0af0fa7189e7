import {
  isEvidenceError,
  newestCheckpoint,
  parseTilePath,
  readStoredBundle,
  type Tile,
  tileAt,
} from "@agent-assembly/evidence";
import type { AgentStorage } from "@agent-assembly/storage";
import { isStorageError } from "@agent-assembly/storage-core";
import type { EvidenceLog, EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { type ProblemError, problem } from "../../http/problem.js";
import { fileAnswer } from "../routing/answers.js";

const HASH_BYTES = 32;
const TILE_WIDTH = 256;
/** Tokens guard them, so only the client's own cache may keep them. */
const FOR_EVER = "private, max-age=31536000, immutable";
const FOR_NOW = "private, max-age=300";
const ASKED_EACH_TIME = "private, no-cache";
/** Leaves that an error names. */
const MOST_NAMED = 10;

/** A log of a store, and what reads it. */
export interface LogAccess {
  readonly support: EvidenceSupport;
  readonly log: EvidenceLog;
}

/** How a tile is answered. */
export interface TileRequest {
  readonly headers: Headers;
  /** Whether the path always means the same log, so that what was read stays true. */
  readonly isForEver: boolean;
}

type AnyTile = Tile<number | "entries">;

/** @param number from 1; @default the newest log @throws ProblemError 404, 501 */
export async function logOf({ evidenceSupport: support }: AgentStorage, number?: number): Promise<LogAccess> {
  if (support === undefined) throw problem("unsupported", "this store keeps no evidence");
  const newest = await support.log();
  const remedy = "Run aasm evidence init once.";
  if (newest === undefined) throw problem("not_found", "the events of this store are not sealed", { remedy });
  const log = number === undefined ? newest : (await support.logs()).find((one) => one.log === number);
  if (log !== undefined) return { support, log };
  throw problem("not_found", `the store has no such log; its newest one is ${newest.log}`, { option: "log" });
}

/** @throws StorageError `not_found` where none was signed */
export async function checkpointAnswer({ support, log }: LogAccess): Promise<Response> {
  const { note } = await newestCheckpoint(support, log.log);
  return fileAnswer(note, "text/plain; charset=utf-8");
}

/**
 * The hashes of a tile, or the entries of a bundle.
 * @param path below `tile/`
 * @throws ProblemError 400 for what is no path of a tile; 404 that says why there is no such tile; 501
 */
export async function tileAnswer(
  storage: AgentStorage,
  access: LogAccess,
  path: string,
  { headers, isForEver }: TileRequest,
): Promise<Response> {
  const tile = parseTilePath(`tile/${path}`);
  const { log } = access.log;
  const covered = await requireCovered(access, tile);
  // The tree only grows, so that log, tile and width say what the bytes are.
  const etag = `"${log}-${tile.level}-${tile.index}-${tile.width}"`;
  const keeps = tile.width === TILE_WIDTH ? FOR_EVER : FOR_NOW;
  const caching = { etag, "cache-control": isForEver ? keeps : ASKED_EACH_TIME };
  if (namesTag(headers.get("if-none-match"), etag)) return new Response(null, { status: 304, headers: caching });
  const bytes = tile.level === "entries" ? await readEntries(storage, log, covered) : await readHashes(access, covered);
  return new Response(new Uint8Array(bytes), {
    headers: { ...caching, "content-type": "application/octet-stream", "x-content-type-options": "nosniff" },
  });
}

function namesTag(header: string | null, etag: string): boolean {
  const tags = (header ?? "").split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  return tags.includes(etag) || tags.includes("*");
}

/** @throws ProblemError 404 for a tile that no checkpoint covers */
async function requireCovered<T extends AnyTile>({ support, log }: LogAccess, tile: T): Promise<T> {
  const { size } = await newestCheckpoint(support, log.log);
  const level = tile.level === "entries" ? 0 : tile.level;
  const width = tileAt(level, tile.index, size)?.width ?? 0;
  if (tile.width <= width) return tile;
  const covers = `the newest checkpoint covers ${size} leaves`;
  if (width === 0) {
    throw problem("not_found", `${covers}, and none of this tile`, {
      remedy: "Read the checkpoint first: the tiles of its tree are there.",
    });
  }
  throw problem("not_found", `${covers}, and of this tile ${width} of ${tile.width}`, {
    remedy: `Ask for the partial tile: its path ends with .p/${width}.`,
  });
}

async function readHashes({ support, log }: LogAccess, { level, index, width }: AnyTile): Promise<Uint8Array> {
  const [found] = await support.tiles(log.log, level as number, { from: index, limit: 1 });
  const bytes = width * HASH_BYTES;
  if (found?.index === index && found.hashes.byteLength >= bytes) return found.hashes.subarray(0, bytes);
  throw pruned();
}

async function readEntries(storage: AgentStorage, log: number, tile: AnyTile): Promise<Uint8Array> {
  const { bytes, gone, altered } = await bundleOf(storage, log, tile);
  if (bytes !== undefined) return bytes;
  if (altered.length > 0) {
    const leaves = altered.slice(0, MOST_NAMED).join(", ");
    const more = altered.length > MOST_NAMED ? ` and ${altered.length - MOST_NAMED} more` : "";
    throw problem("corrupt", `entries of this bundle are not what was sealed: those of leaves ${leaves}${more}`, {
      remedy: "Verify the store, as aasm evidence verify does.",
    });
  }
  throw problem(
    "not_found",
    `${gone.length} of the ${tile.width} entries of this bundle are gone: their rows were dropped`,
    {
      remedy:
        "Those that are archived are in aasm evidence export --archive; the proof of an event that is there is read at /events/{ts}/{eventId}/evidence/proof.",
    },
  );
}

async function bundleOf(storage: AgentStorage, log: number, tile: AnyTile) {
  try {
    return await readStoredBundle(storage, tile, log);
  } catch (error) {
    if (isEvidenceError(error, "tile_missing")) throw pruned();
    if (isStorageError(error, "permission_denied")) throw noSalts();
    throw error;
  }
}

function pruned(): ProblemError {
  return problem("not_found", "the tile is gone: the rows of all its events were dropped");
}

/** Entries are made from salts, which only the role that seals may read. */
export function noSalts(): ProblemError {
  return problem("unsupported", "the login of this gateway may not read the salts that entries are made from", {
    remedy: "Start a gateway with the login that seals, or use aasm evidence export, prove or verify with it.",
  });
}
