import { invalidArgument } from "../errors.js";
import { parseDataset } from "../partitions/parse.js";
import { parseSelection } from "../partitions/parse-selection.js";
import type { Dataset } from "../partitions/partition.js";
import { decodeSelection, encodeSelection } from "../partitions/selection-text.js";
import { describeShape } from "../support/describe.js";
import { parseUuid } from "../support/ids.js";
import { checkKeys, checkObject, parseChoice, parseDate, parseInteger, parseText } from "../support/input.js";
import { parseKeptToken } from "../tokens/token.js";
import { ARCHIVE_STATES, type ArchiveRecord, type ArchiveState } from "./archive.js";

const MAX_URL_LENGTH = 2048;

/** An archive as backends store it: checked, times in milliseconds, absent members `null`. */
export interface ArchiveRow {
  readonly archiveId: string;
  readonly dataset: Dataset;
  readonly partitionId: string;
  readonly from: number;
  readonly to: number;
  /** JSON text; equal for equal selections. */
  readonly selection: string | null;
  readonly asOf: string;
  readonly url: string;
  readonly state: ArchiveState;
  readonly rows: number;
  readonly bytes: number;
  readonly startedAt: number;
}

const KEYS = [
  "archiveId",
  "dataset",
  "partitionId",
  "from",
  "to",
  "selection",
  "asOf",
  "url",
  "state",
  "rows",
  "bytes",
  "startedAt",
] as const satisfies (keyof ArchiveRecord)[];

/** What the states follow on; `writing` on nothing. */
const BEFORE: Record<ArchiveState, ArchiveState | undefined> = {
  writing: undefined,
  verified: "writing",
  dropped: "verified",
};

/** @throws `invalid_argument` */
export function parseArchive(
  record: ArchiveRecord,
  options: { readonly from?: ArchiveState | undefined } = {},
): { readonly archive: ArchiveRow; readonly from: ArchiveState | undefined } {
  checkObject("record", record);
  checkKeys("record", record, KEYS);
  const dataset = parseDataset(record.dataset);
  const [from, to] = [parseDate("record.from", record.from), parseDate("record.to", record.to)];
  if (to <= from) throw invalidArgument("record.to", "must be after record.from");
  if (record.selection !== undefined) parseSelection("record.selection", record.selection, dataset);
  const archive: ArchiveRow = {
    archiveId: parseArchiveId("record.archiveId", record.archiveId),
    dataset,
    partitionId: parseText("record.partitionId", record.partitionId),
    from,
    to,
    selection: record.selection === undefined ? null : encodeSelection(record.selection),
    asOf: parseKeptToken("record.asOf", record.asOf),
    url: checkUrl(record.url),
    state: parseChoice("record.state", record.state, ARCHIVE_STATES),
    rows: parseInteger("record.rows", record.rows, 0, Number.MAX_SAFE_INTEGER),
    bytes: parseInteger("record.bytes", record.bytes, 0, Number.MAX_SAFE_INTEGER),
    startedAt: parseDate("record.startedAt", record.startedAt),
  };
  checkObject("options", options);
  checkKeys("options", options, ["from"]);
  if (options.from !== undefined) parseChoice("options.from", options.from, ARCHIVE_STATES);
  const before = BEFORE[archive.state];
  if (options.from !== before) {
    throw invalidArgument(
      "options.from",
      `must be ${before ?? "absent"} when record.state is ${archive.state}, got ${options.from ?? "nothing"}`,
    );
  }
  return { archive, from: before };
}

/** @returns the id in its canonical form. @throws `invalid_argument` */
export function parseArchiveId(what: string, archiveId: unknown): string {
  const id = parseUuid(archiveId);
  if (id === undefined) throw invalidArgument(what, `must be a UUID, got ${describeShape(archiveId)}`);
  return id;
}

/** @returns the only state that is wanted. @throws `invalid_argument` */
export function parseArchivesOptions(
  options: { readonly state?: ArchiveState | undefined } = {},
): ArchiveState | undefined {
  checkObject("options", options);
  checkKeys("options", options, ["state"]);
  return options.state === undefined ? undefined : parseChoice("options.state", options.state, ARCHIVE_STATES);
}

/** What a state may be recorded with anew: what was written is known when it is verified, and stays. */
const CHANGING: Record<ArchiveState, readonly (keyof ArchiveRow)[]> = {
  writing: ["state", "rows", "bytes"],
  verified: ["state"],
  dropped: ["state"],
};

/** Whether a record is the next one of a recorded archive, as far as its members tell. */
export function isSameArchive(recorded: ArchiveRow, next: ArchiveRow): boolean {
  return KEYS.every((key) => CHANGING[recorded.state].includes(key) || recorded[key] === next[key]);
}

/** @returns the public form of a stored archive record */
export function toArchiveRecord(stored: ArchiveRow): ArchiveRecord {
  const { selection, from, to, startedAt, ...rest } = stored;
  return {
    ...rest,
    from: new Date(from),
    to: new Date(to),
    startedAt: new Date(startedAt),
    ...(selection !== null && { selection: decodeSelection(selection) }),
  };
}

function checkUrl(url: unknown): string {
  if (typeof url !== "string" || url.length > MAX_URL_LENGTH || url.includes("\u0000") || !url.isWellFormed()) {
    throw invalidArgument(
      "record.url",
      `must be an absolute URL of at most ${MAX_URL_LENGTH} characters, got ${describeShape(url)}`,
    );
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) throw invalidArgument("record.url", `must be an absolute URL, got ${describeShape(url)}`);
  if (parsed.username !== "" || parsed.password !== "") {
    throw invalidArgument("record.url", "must not hold credentials", "Leave them out.");
  }
  return url;
}
