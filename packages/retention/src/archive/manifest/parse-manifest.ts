import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import {
  checkKeys,
  checkObject,
  errorInit,
  invalidArgument,
  MAX_TIME_MS,
  MIN_TIME_MS,
  parseChoice,
  parseInteger,
  parseText,
} from "@agent-assembly/storage-core/backend";
import { MAX_FILES, MAX_FOOTER_BYTES, MAX_GROUP_ROWS, MAX_REVISIONS, MAX_ROW_GROUPS } from "../limits.js";
import { ARCHIVED_COLUMNS, KNOWN_COLUMNS, LEAF_COLUMN } from "../parquet/columns.js";
import { belongsTo, EVIDENCE_FILES, evidencePath, isFilePath, parseArchiveId } from "./layout.js";
import {
  type ArchivedColumn,
  type ArchivedEvidence,
  type ArchivedFile,
  type ArchiveManifest,
  MANIFEST_FORMAT,
  MANIFEST_VERSION,
  type ManifestRevision,
} from "./manifest.js";

const KEYS = [
  "format",
  "formatVersion",
  "writer",
  "archiveId",
  "dataset",
  "partition",
  "reason",
  "createdAt",
  "schema",
  "rows",
  "bytes",
  "minTs",
  "maxTs",
  "contentSha256",
  "files",
  "evidence",
  "revisions",
] as const;
const FILE_KEYS = ["path", "date", "rows", "bytes", "sha256", "footer", "minTs", "maxTs"] as const;
const ISO_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;
const SHA256 = /^[0-9a-f]{64}$/;
const DAY_MS = 86_400_000;
/** More than there are; later versions may add some. */
const MAX_COLUMNS = 1000;
const MAX_FILE_ROWS = MAX_ROW_GROUPS * MAX_GROUP_ROWS;

/**
 * A manifest from its text, checked strictly: what it names is read, deleted and restored.
 * @param place where the text is from, for messages
 * @throws `corrupt`; `unsupported` when newer software wrote it
 */
export function parseManifest(text: string, place: string): ArchiveManifest {
  try {
    return parseContent(JSON.parse(text));
  } catch (error) {
    if (isStorageError(error, "unsupported")) {
      throw new StorageError({ ...errorInit(error), location: { kind: "manifest", place }, cause: error });
    }
    const why = isStorageError(error) ? error.message : "it is not JSON";
    throw new StorageError({
      code: "corrupt",
      location: { kind: "damaged manifest", place },
      message: why,
      remedy: "Restore it from a copy.",
      cause: error,
    });
  }
}

/** @throws `invalid_argument`; `unsupported` for a newer format */
function parseContent(value: unknown): ArchiveManifest {
  checkObject("manifest", value);
  if (value.format !== MANIFEST_FORMAT) throw invalidArgument("manifest.format", `must be "${MANIFEST_FORMAT}"`);
  const version = parseInteger("manifest.formatVersion", value.formatVersion, 1, Number.MAX_SAFE_INTEGER);
  if (version > MANIFEST_VERSION) {
    throw new StorageError({
      code: "unsupported",
      message: `it has format version ${version}, and this software supports up to version ${MANIFEST_VERSION}`,
      remedy: "Upgrade this software.",
    });
  }
  checkKeys("manifest", value, KEYS);
  checkObject("manifest.writer", value.writer);
  checkKeys("manifest.writer", value.writer, ["name", "version"]);
  checkObject("manifest.partition", value.partition);
  checkKeys("manifest.partition", value.partition, ["id", "from", "to"]);
  if (!Array.isArray(value.files)) throw invalidArgument("manifest.files", "must be an array");
  if (value.files.length > MAX_FILES) {
    throw invalidArgument("manifest.files", `names ${value.files.length} files; at most ${MAX_FILES}`);
  }
  const manifest: ArchiveManifest = {
    format: MANIFEST_FORMAT,
    formatVersion: version as 1 | 2,
    writer: {
      name: parseText("manifest.writer.name", value.writer.name),
      version: parseText("manifest.writer.version", value.writer.version),
    },
    archiveId: parseArchiveId("manifest.archiveId", value.archiveId),
    dataset: parseChoice("manifest.dataset", value.dataset, ["audit"] as const),
    partition: {
      id: parseText("manifest.partition.id", value.partition.id),
      from: parseTime("manifest.partition.from", value.partition.from),
      to: parseTime("manifest.partition.to", value.partition.to),
    },
    ...(value.reason === undefined ? {} : { reason: parseText("manifest.reason", value.reason) }),
    createdAt: parseTime("manifest.createdAt", value.createdAt),
    schema: parseSchema(value.schema),
    rows: parseCount("manifest.rows", value.rows),
    bytes: parseCount("manifest.bytes", value.bytes),
    minTs: value.minTs === null ? null : parseTime("manifest.minTs", value.minTs),
    maxTs: value.maxTs === null ? null : parseTime("manifest.maxTs", value.maxTs),
    contentSha256: parseDigest("manifest.contentSha256", value.contentSha256),
    files: value.files.map((file, index) => parseFile(`manifest.files[${index}]`, file)),
    ...(value.evidence === undefined ? {} : { evidence: parseEvidence(value.evidence, value.archiveId as string) }),
    ...(value.revisions === undefined ? {} : { revisions: parseRevisions(value.revisions) }),
  };
  const hasLeaves = manifest.schema.some(({ name }) => name === LEAF_COLUMN.name);
  const isSealed = manifest.evidence !== undefined;
  if ((version === 2) !== isSealed || hasLeaves !== isSealed) {
    throw invalidArgument("manifest.evidence", `must be there in format version 2, with the column ${LEAF_COLUMN.name}, and only there`);
  }
  checkSums(manifest);
  checkFiles(manifest);
  return manifest;
}

function parseRevisions(value: unknown): ManifestRevision[] {
  const isList = Array.isArray(value) && value.length > 0 && value.length <= MAX_REVISIONS;
  if (!isList) throw invalidArgument("manifest.revisions", `must be an array of 1 to ${MAX_REVISIONS}`);
  return value.map((revision: unknown, index) => {
    const what = `manifest.revisions[${index}]`;
    checkObject(what, revision);
    checkKeys(what, revision, ["at", "reason", "previous"]);
    return {
      at: parseTime(`${what}.at`, revision.at),
      reason: parseText(`${what}.reason`, revision.reason),
      previous: parseDigest(`${what}.previous`, revision.previous),
    };
  });
}

function parseFile(what: string, value: unknown): ArchivedFile {
  checkObject(what, value);
  checkKeys(what, value, FILE_KEYS);
  checkObject(`${what}.footer`, value.footer);
  checkKeys(`${what}.footer`, value.footer, ["bytes", "sha256"]);
  const date = parseText(`${what}.date`, value.date);
  const path = parseText(`${what}.path`, value.path);
  // A path is opened and deleted: it must not lead out of the archive.
  if (!isFilePath(path, date))
    throw invalidArgument(`${what}.path`, "is not the path of an archived file of that date");
  return {
    path,
    date,
    rows: parseInteger(`${what}.rows`, value.rows, 1, MAX_FILE_ROWS),
    bytes: parseCount(`${what}.bytes`, value.bytes),
    sha256: parseDigest(`${what}.sha256`, value.sha256),
    footer: {
      bytes: parseInteger(
        `${what}.footer.bytes`,
        value.footer.bytes,
        1,
        Math.min(value.bytes as number, MAX_FOOTER_BYTES),
      ),
      sha256: parseDigest(`${what}.footer.sha256`, value.footer.sha256),
    },
    minTs: parseTime(`${what}.minTs`, value.minTs),
    maxTs: parseTime(`${what}.maxTs`, value.maxTs),
  };
}

function parseEvidence(value: unknown, archiveId: string): ArchivedEvidence {
  const what = "manifest.evidence";
  checkObject(what, value);
  checkKeys(what, value, ["log", "origin", "first", "last", "files"]);
  if (!Array.isArray(value.files) || value.files.length !== EVIDENCE_FILES.length) {
    throw invalidArgument(`${what}.files`, `must name ${EVIDENCE_FILES.length} files`);
  }
  return {
    log: parseInteger(`${what}.log`, value.log, 1, Number.MAX_SAFE_INTEGER),
    origin: parseText(`${what}.origin`, value.origin),
    first: value.first === null ? null : parseCount(`${what}.first`, value.first),
    last: value.last === null ? null : parseCount(`${what}.last`, value.last),
    files: EVIDENCE_FILES.map((name, at) => {
      const file: unknown = (value.files as unknown[])[at];
      const place = `${what}.files[${at}]`;
      checkObject(place, file);
      checkKeys(place, file, ["path", "bytes", "sha256"]);
      const path = evidencePath(archiveId, name);
      if (file.path !== path) throw invalidArgument(`${place}.path`, `must be ${path}`);
      return { path, bytes: parseCount(`${place}.bytes`, file.bytes), sha256: parseDigest(`${place}.sha256`, file.sha256) };
    }),
  };
}

function checkSums({ rows, bytes, minTs, maxTs, files }: ArchiveManifest): void {
  const sum = (member: "rows" | "bytes"): number => files.reduce((total, file) => total + file[member], 0);
  if (sum("rows") !== rows) throw invalidArgument("manifest.rows", "is not the sum over the files");
  if (sum("bytes") !== bytes) throw invalidArgument("manifest.bytes", "is not the sum over the files");
  if (minTs?.getTime() !== files[0]?.minTs.getTime() || maxTs?.getTime() !== files.at(-1)?.maxTs.getTime()) {
    throw invalidArgument("manifest.minTs", "and maxTs are not those of the first and last file");
  }
}

/** Each file is there once, belongs to the archive and holds a time range of its own, all of them in order. */
function checkFiles({ archiveId, partition, files }: ArchiveManifest): void {
  if (partition.from >= partition.to) throw invalidArgument("manifest.partition.from", "must be before its to");
  const paths = new Set<string>();
  let last = partition.from.getTime();
  for (const [index, { path, date, minTs, maxTs }] of files.entries()) {
    const what = `manifest.files[${index}]`;
    // Two paths that differ in case are one file on some file systems.
    const key = path.toLowerCase();
    if (paths.has(key)) throw invalidArgument(`${what}.path`, "is named twice");
    paths.add(key);
    if (!belongsTo(path, archiveId)) throw invalidArgument(`${what}.path`, "is the path of another archive's file");
    const day = Date.parse(date);
    const [min, max] = [minTs.getTime(), maxTs.getTime()];
    if (!(min <= max && min >= day && max < day + DAY_MS)) {
      throw invalidArgument(`${what}.minTs`, "and maxTs are no time range within the file's date");
    }
    if (min < last) throw invalidArgument(`${what}.minTs`, "is before the end of the file before it");
    if (max >= partition.to.getTime()) throw invalidArgument(`${what}.maxTs`, "is after the end of the partition");
    last = max;
  }
}

/** @throws `invalid_argument`; `unsupported` for a column that newer software added */
function parseSchema(value: unknown): readonly ArchivedColumn[] {
  if (!Array.isArray(value)) throw invalidArgument("manifest.schema", "must be an array");
  if (value.length > MAX_COLUMNS) {
    throw invalidArgument("manifest.schema", `names ${value.length} columns; at most ${MAX_COLUMNS}`);
  }
  const columns = value.map((column: unknown, index) => parseColumn(`manifest.schema[${index}]`, column));
  if (new Set(columns.map(({ name }) => name)).size !== columns.length) {
    throw invalidArgument("manifest.schema", "names a column twice");
  }
  // A nullable column may have been added after the archive was written.
  const missing = ARCHIVED_COLUMNS.find(({ name, nullable }) => !nullable && columns.every((one) => one.name !== name));
  if (missing !== undefined) throw invalidArgument("manifest.schema", `lacks the column ${missing.name}`);
  return columns;
}

function parseColumn(what: string, value: unknown): ArchivedColumn {
  checkObject(what, value);
  checkKeys(what, value, ["name", "type", "nullable"]);
  const name = parseText(`${what}.name`, value.name);
  const known = KNOWN_COLUMNS.find((column) => column.name === name);
  if (known === undefined) {
    throw new StorageError({
      code: "unsupported",
      message: `it has the column ${JSON.stringify(name)}, which this software does not support`,
      remedy: "Upgrade this software.",
    });
  }
  if (value.type !== known.type || value.nullable !== known.nullable) {
    throw invalidArgument(what, `is not the column ${name} of format version ${MANIFEST_VERSION}`);
  }
  return known;
}

function parseTime(what: string, value: unknown): Date {
  const ms = typeof value === "string" && ISO_TIME.test(value) ? Date.parse(value) : Number.NaN;
  if (!(ms >= MIN_TIME_MS && ms <= MAX_TIME_MS)) {
    throw invalidArgument(what, "must be a time like 2026-01-31T00:00:00.000Z within the years 1 to 9999");
  }
  return new Date(ms);
}

function parseCount(what: string, value: unknown): number {
  return parseInteger(what, value, 0, Number.MAX_SAFE_INTEGER);
}

function parseDigest(what: string, value: unknown): string {
  if (typeof value !== "string" || !SHA256.test(value))
    throw invalidArgument(what, "must be a SHA-256 in lower-case hex");
  return value;
}
