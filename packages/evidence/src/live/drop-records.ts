import type { StorageBackend } from "@agent-assembly/storage-core";
import type { EvidenceSupport } from "@agent-assembly/storage-core/backend";
import { isEvidenceError } from "../errors.js";
import type { Finding } from "../findings.js";
import type { DropStatement, RestoreStatement } from "../leaf/entry.js";
import type { LeafRun } from "../leaf/leaf-list.js";
import type { LeafLookup } from "../leaf/leaf-runs.js";
import { parseEntry } from "../leaf/parse-entry.js";
import { namedRuns } from "../retention/drop-result.js";
import { LeafFates } from "../stored/leaf-fates.js";

/** What the log says of rows that were dropped. */
export interface DropRecords {
  /** Leaves whose rows a retention run dropped, or announced to drop, and that were not restored since. */
  readonly dropped: LeafLookup;
  /** Leaves whose rows were restored, and not dropped since. */
  readonly restored: LeafLookup;
  /** The archives of what was dropped. */
  readonly archives: readonly NamedArchive[];
  readonly findings: readonly Finding[];
}

/** An archive that a statement names. */
export interface NamedArchive {
  /** Of the statement. */
  readonly leaf: number;
  readonly archive: string;
  /** SHA-256 of its manifest, Base64. */
  readonly manifest: string;
  /** Of its events. */
  readonly runs: readonly LeafRun[];
}

const PAGE = 1000;

/** Reads all `drop` and `restore` statements of a log. Whether the tree has them is checked with all other statements. */
export async function readDropRecords(support: EvidenceSupport, log: number): Promise<DropRecords> {
  const findings: Finding[] = [];
  const fates = new LeafFates();
  const archives = new Map<string, NamedArchive>();
  for (let from = 0; ; ) {
    const page = await support.statements(log, { from, limit: PAGE });
    for (const { leaf, kind, entry, list } of page) {
      if (kind !== "drop" && kind !== "restore") continue;
      const statement = parse(entry);
      if (statement === undefined) continue;
      const runs = namedRuns(list, statement);
      if (runs === undefined) {
        findings.push({ code: "seal_damaged", leaf, detail: "the list beside the statement is not the one it names" });
      } else {
        fates.add(leaf, statement, runs);
        const { archive, manifest, t } = statement;
        const isHeld = t === "drop" && archive !== null && manifest !== null && runs.length > 0;
        if (isHeld) archives.set(`${archive} ${manifest}`, { leaf, archive, manifest, runs });
      }
    }
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) {
      return { ...fates.finish(), archives: [...archives.values()], findings };
    }
    from = last.leaf + 1;
  }
}

/** How many events the store itself counts as dropped, whatever the log says, by UTC day. */
export async function countedDrops({ audit }: Pick<StorageBackend, "audit">): Promise<Map<string, number>> {
  const perDay = { bucket: { every: "1d" } } as const;
  const [all, present] = await Promise.all([
    audit.summarize({}, { ...perDay, includeDropped: true }),
    audit.summarize({}, perDay),
  ]);
  const found = new Map<string, number>();
  const add = (row: { readonly bucket?: Date | undefined; readonly count: number }, sign: 1 | -1): void => {
    const day = row.bucket?.toISOString().slice(0, 10);
    if (day !== undefined) found.set(day, (found.get(day) ?? 0) + sign * row.count);
  };
  for (const row of all) add(row, 1);
  for (const row of present) add(row, -1);
  return found;
}

function parse(entry: string): DropStatement | RestoreStatement | undefined {
  try {
    const parsed = parseEntry(Buffer.from(entry));
    return parsed.t === "drop" || parsed.t === "restore" ? parsed : undefined;
  } catch (error) {
    // It is found as damaged where all statements are checked.
    if (isEvidenceError(error)) return undefined;
    throw error;
  }
}
