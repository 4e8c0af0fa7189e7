import type { AuditKey } from "../audit/paging.js";
import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { parseUuid } from "../support/ids.js";
import { checkObject, parseInteger, parseText } from "../support/input.js";
import type { EvidenceBeginning, EvidenceCommit } from "./log.js";
import type { EvidenceRange, EvidenceSupport } from "./support.js";

/** The most of anything that one call reads. */
export const MAX_EVIDENCE_LIMIT = 4096;

const MOST = Number.MAX_SAFE_INTEGER;
const ROOT_BYTES = 32;
const LARGEST_LEVEL = 63;

/**
 * Checks what an {@link EvidenceSupport} is called with.
 * @param driver as the backend stores it; its arguments are checked
 */
export function createEvidenceSupport(driver: EvidenceSupport): EvidenceSupport {
  return {
    log: () => driver.log(),
    logs: () => driver.logs(),
    async begin(log) {
      checkBeginning(log);
      return driver.begin(log);
    },
    async next(after, limit) {
      checkString("after", after);
      return driver.next(after, parseLimit("limit", limit));
    },
    async commit(commit) {
      checkCommit(commit);
      return driver.commit(commit);
    },
    async tiles(log, level, range) {
      parseInteger("level", level, 0, LARGEST_LEVEL);
      return driver.tiles(parseLog(log), level, parseRange(range));
    },
    batches: async (log, range) => driver.batches(parseLog(log), parseRange(range)),
    seeds: async (log, range) => driver.seeds(parseLog(log), parseRange(range)),
    parts: async (log, range) => driver.parts(parseLog(log), parseRange(range)),
    statements: async (log, range) => driver.statements(parseLog(log), parseRange(range)),
    moved: async (log, range) => driver.moved(parseLog(log), parseRange(range)),
    async rows(seqs, places) {
      if (!Array.isArray(seqs) || seqs.length > MAX_EVIDENCE_LIMIT) {
        throw invalidArgument("seqs", `must be at most ${MAX_EVIDENCE_LIMIT} numbers of rows`);
      }
      // What others wrote into the table may have any number.
      for (const seq of seqs) parseInteger("seqs", seq, -MOST, MOST);
      return seqs.length === 0 ? [] : driver.rows(seqs, places);
    },
    async keys(position, after: AuditKey | undefined, limit) {
      checkString("position", position);
      return position === "" ? [] : driver.keys(position, after, parseLimit("limit", limit));
    },
    async recordCheckpoint(checkpoint) {
      checkObject("checkpoint", checkpoint);
      parseLog(checkpoint.log);
      parseInteger("checkpoint.size", checkpoint.size, 0, MOST);
      checkString("checkpoint.note", checkpoint.note);
      parseInteger("checkpoint.at", checkpoint.at, 0, MOST);
      return driver.recordCheckpoint(checkpoint);
    },
    checkpoints: async (limit, log) =>
      driver.checkpoints(parseLimit("limit", limit), log === undefined ? log : parseLog(log)),
    async recordAnchor(anchor) {
      checkObject("anchor", anchor);
      parseLog(anchor.log);
      parseInteger("anchor.size", anchor.size, 0, MOST);
      parseText("anchor.kind", anchor.kind);
      parseText("anchor.target", anchor.target);
      parseInteger("anchor.at", anchor.at, 0, MOST);
      checkBytes("anchor.receipt", anchor.receipt);
      return driver.recordAnchor(anchor);
    },
    anchors: async (limit, log) => driver.anchors(parseLimit("limit", limit), log === undefined ? log : parseLog(log)),
    async recordVerification(verification) {
      checkObject("verification", verification);
      const id = checkId("verification.id", verification.id);
      parseLog(verification.log);
      parseInteger("verification.startedAt", verification.startedAt, 0, MOST);
      checkJsonText("verification.report", verification.report);
      return driver.recordVerification({ ...verification, id });
    },
    verifications: async (limit, id) =>
      driver.verifications(parseLimit("limit", limit), id === undefined ? id : checkId("id", id)),
  };
}

function checkBeginning(log: EvidenceBeginning): void {
  checkObject("log", log);
  parseInteger("log.log", log.log, 1, MOST);
  parseText("log.origin", log.origin);
  checkBytes("log.root", log.root, ROOT_BYTES);
  checkString("log.chain", log.chain);
  const { size = 0, tiles = [], seeds = [], statements = [] } = log;
  parseInteger("log.size", size, 0, MOST);
  checkGrowth("log", { tiles, seeds, statements }, { from: 0, to: size });
}

/** What would leave a log that no sealer could continue. */
function checkCommit(commit: EvidenceCommit): void {
  checkObject("commit", commit);
  parseLog(commit.log);
  const { from, to, batches } = commit;
  parseInteger("commit.from.size", from.size, 0, MOST);
  checkString("commit.from.position", from.position);
  parseInteger("commit.to.size", to.size, from.size, MOST);
  checkString("commit.to.position", to.position);
  checkBytes("commit.to.root", to.root, ROOT_BYTES);
  checkString("commit.to.chain", to.chain);
  for (const [at, { first, count, seqs }] of batches.entries()) {
    parseInteger(`commit.batches[${at}].first`, first, from.size, to.size - 1);
    parseInteger(`commit.batches[${at}].count`, count, 1, to.size - first);
    checkBytes(`commit.batches[${at}].seqs`, seqs);
  }
  checkGrowth("commit", commit, { from: from.size, to: to.size });
}

function checkGrowth(
  what: string,
  { tiles, seeds, statements }: Pick<EvidenceCommit, "tiles" | "seeds" | "statements">,
  leaves: { readonly from: number; readonly to: number },
): void {
  for (const [at, tile] of tiles.entries()) {
    parseInteger(`${what}.tiles[${at}].level`, tile.level, 0, LARGEST_LEVEL);
    parseInteger(`${what}.tiles[${at}].index`, tile.index, 0, MOST);
    checkBytes(`${what}.tiles[${at}].hashes`, tile.hashes);
  }
  for (const [at, { node }] of seeds.entries()) checkBytes(`${what}.seeds[${at}].node`, node, ROOT_BYTES);
  for (const [at, { leaf, kind, entry }] of statements.entries()) {
    parseInteger(`${what}.statements[${at}].leaf`, leaf, leaves.from, leaves.to - 1);
    parseText(`${what}.statements[${at}].kind`, kind);
    checkString(`${what}.statements[${at}].entry`, entry);
  }
}

function parseLog(log: number): number {
  return parseInteger("log", log, 1, MOST);
}

function parseLimit(what: string, limit: number): number {
  return parseInteger(what, limit, 1, MAX_EVIDENCE_LIMIT);
}

function parseRange(range: EvidenceRange): EvidenceRange {
  checkObject("range", range);
  parseInteger("range.from", range.from, 0, MOST);
  parseLimit("range.limit", range.limit);
  return range;
}

function checkId(what: string, value: unknown): string {
  const id = parseUuid(value);
  if (id === undefined) throw invalidArgument(what, `must be a UUID, got ${describeShape(value)}`);
  return id;
}

function checkString(what: string, value: unknown): asserts value is string {
  if (typeof value !== "string") throw invalidArgument(what, `must be a string, got ${describeShape(value)}`);
}

function checkJsonText(what: string, value: unknown): void {
  checkString(what, value);
  try {
    JSON.parse(value);
  } catch (error) {
    throw invalidArgument(what, `must be JSON: ${(error as Error).message}`);
  }
}

function checkBytes(what: string, value: unknown, length?: number): void {
  if (value instanceof Uint8Array && (length === undefined || value.length === length)) return;
  const wanted = length === undefined ? "a Uint8Array" : `a Uint8Array of ${length} bytes`;
  throw invalidArgument(what, `must be ${wanted}, got ${describeShape(value)}`);
}
