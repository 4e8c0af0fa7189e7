import { describeShape, invalidArgument, utcDay } from "@agent-assembly/storage-core/backend";

/** Where things are below an archive's URL: Hive partitions, which query engines know. */
const DATASET = "dataset=audit";
export const DATASET_FOLDER = `${DATASET}/`;
export const MANIFEST_FOLDER = `_manifests/${DATASET}/`;

const DAY_MS = 86_400_000;
const ARCHIVE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const FILE_NAME = /^([A-Za-z0-9][A-Za-z0-9._-]{0,99})-\d{4,}\.parquet$/;
const MANIFEST_NAME = /^(\d{4}-\d{2}-\d{2})_([A-Za-z0-9][A-Za-z0-9._-]{0,99})\.json$/;

/** @throws `invalid_argument` */
export function parseArchiveId(what: string, value: unknown): string {
  if (typeof value === "string" && ARCHIVE_ID.test(value)) return value;
  throw invalidArgument(
    what,
    `must be 1 to 100 ASCII letters, digits, ".", "_" and "-", beginning with a letter or digit; got ${describeShape(value)}`,
  );
}

export function dayFolder(date: string): string {
  return `${DATASET_FOLDER}date=${date}/`;
}

/** @param number from 1 */
export function filePath(date: string, archiveId: string, number: number): string {
  return `${dayFolder(date)}${archiveId}-${String(number).padStart(4, "0")}.parquet`;
}

/** The number in a file's path. */
export function numberOfFile(path: string): number {
  return Number(/-(\d{4,})\.parquet$/.exec(path)?.[1] ?? Number.NaN);
}

export function isFilePath(path: string, date: string): boolean {
  const folder = dayFolder(date);
  return DATE.test(date) && path.startsWith(folder) && FILE_NAME.test(path.slice(folder.length));
}

export function manifestPath(archiveId: string, from: Date): string {
  return `${MANIFEST_FOLDER}${utcDay(from.getTime()).id}_${archiveId}.json`;
}

/** The names of files of evidence. */
export const EVIDENCE_FILES = ["tiles.jsonl", "seeds.jsonl"] as const;

/** One of {@link EVIDENCE_FILES}. */
export type EvidenceFileName = (typeof EVIDENCE_FILES)[number];

/** Beside the data: query engines pass over names that begin with `_`. */
export function evidencePath(archiveId: string, name: EvidenceFileName): string {
  return `_evidence/${DATASET}/${archiveId}/${name}`;
}

/** What a manifest's path tells, or `undefined` for another file. */
export function parseManifestPath(path: string): { readonly date: string; readonly archiveId: string } | undefined {
  if (!path.startsWith(MANIFEST_FOLDER)) return undefined;
  const [, date, archiveId] = MANIFEST_NAME.exec(path.slice(MANIFEST_FOLDER.length)) ?? [];
  return date === undefined || archiveId === undefined ? undefined : { date, archiveId };
}

/** Whether a file below the dataset's folder was written for `archiveId`; a leftover under a temporary name as well. */
export function belongsTo(path: string, archiveId: string): boolean {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return FILE_NAME.exec(finalName(name))?.[1] === archiveId;
}

const TEMPORARY = /^\.(.*)\.[0-9a-f]{12}\.tmp$/;

/** The hidden name beside the final one under which a file is written; query engines pass over it. */
export function temporaryName(name: string, random: string): string {
  return `.${name}.${random}.tmp`;
}

function finalName(name: string): string {
  return TEMPORARY.exec(name)?.[1] ?? name;
}

/** Beyond this many days one listing of everything is cheaper than one for each day. */
const MAX_FOLDERS = 400;

/** The folders that hold all files of events in `[from, to)`. */
export function foldersOf(from: Date, to: Date): string[] {
  const first = Math.floor(from.getTime() / DAY_MS);
  const last = Math.floor((to.getTime() - 1) / DAY_MS);
  if (last - first >= MAX_FOLDERS) return [DATASET_FOLDER];
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => dayFolder(utcDay((first + n) * DAY_MS).id));
}
