import { describeShape, invalidArgument, parseDate } from "@agent-assembly/storage-core/backend";
import type { Finding } from "../findings.js";
import { EVENTS_FILE, SEEDS_FILE } from "../folder/layout.js";
import type { ExportHeader } from "../folder/manifest.js";
import { rangeOf, Selection } from "../folder/selection.js";
import type { ContinuedLog } from "../leaf/continued-log.js";
import { keyAt, keyPeriods, replacedKey } from "../log/log-keys.js";
import type { NoteVerifier } from "../note/key.js";
import { TreeReader } from "../tree/reader.js";
import { checkCheckpoint } from "./checkpoint-check.js";
import { ExportFolder } from "./export-folder.js";
import { FindingList } from "./finding-list.js";
import { LeafCheck, LeafCounts } from "./leaf-check.js";
import { type ConfirmedReceipt, EarlierCheck } from "./receipts.js";
import { StatementCheck } from "./statements.js";
import { tellUnknownFiles } from "./unknown-files.js";

/** How an export is verified. */
export interface VerifyExportOptions {
  /** The log's keys, from its operator by a way that is trusted: not those in the folder. */
  readonly keys: readonly NoteVerifier[];
  /** First instant to verify. @default that of the export */
  readonly from?: Date | undefined;
  /** First instant behind what is verified. @default that of the export */
  readonly to?: Date | undefined;
  /**
   * Signed checkpoints of the log that are known from elsewhere, such as from the last audit: the tree must continue them. Where the
   * export does not show it, it is unchecked; see `earlier` of `writeExport`. @default none
   */
  readonly earlier?: readonly string[] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What a verification found. The export is complete and unchanged where nothing was found and nothing is unchecked. */
export interface ExportReport {
  /** True where nothing was found and nothing is unchecked. */
  readonly isComplete: boolean;
  /** The tree that the log signed; absent where the checkpoint does not hold. */
  readonly checkpoint?: { readonly origin: string; readonly size: number };
  /** The log that this one continues, as its first leaf says; absent in a first log. */
  readonly continues?: ContinuedLog;
  /** Null for no limit. */
  readonly from: Date | null;
  /** Null for no limit. */
  readonly to: Date | null;
  /** Events that were sealed for the range, whatever became of them since. */
  readonly events: number;
  /** Of these: whose row is there. */
  readonly present: number;
  /** Of these: whose row is absent, and no statement says why. */
  readonly missing: number;
  /** Of those present: of which parts were erased, as a statement says. */
  readonly erased: number;
  /** Of the events: whose row was dropped, as a statement says. */
  readonly dropped: number;
  /** Events that were dropped from days of which only a part lies in the range, or not sealed yet: whether they count, nothing says. */
  readonly droppedAtEdges: number;
  /** Ids of the retention runs that dropped them. */
  readonly runs: readonly string[];
  /** Receipts of anchors whose checkpoints this tree continues. */
  readonly anchors: readonly ConfirmedReceipt[];
  /** Leaves of the given earlier checkpoints that this tree continues. */
  readonly earlier: readonly number[];
  /** At most 1,000. */
  readonly findings: readonly Finding[];
  readonly findingCount: number;
  /** What could not be checked, and is no pass. */
  readonly unchecked: readonly string[];
}

/**
 * Verifies an export, from its folder alone: that these are all events that were ever sealed for the range, unchanged, but those
 * that statements of the log name as dropped or erased. Reads with bounded memory, opens regular files below the folder only, and
 * uses no network.
 * @param folder as `writeExport` writes it
 * @throws a `StorageError` where the folder cannot be read at all; `invalid_argument`; the signal's reason
 *
 * @example
 * ```ts
 * import { parseVerifierKey, verifyExport } from "@agent-assembly/evidence";
 *
 * export async function isComplete(folder: string, vkey: string): Promise<boolean> {
 *   const report = await verifyExport(folder, { keys: [parseVerifierKey(vkey)] });
 *   for (const { code, leaf, detail } of report.findings) console.log(code, leaf ?? "", detail);
 *   return report.isComplete;
 * }
 * ```
 */
export async function verifyExport(folder: string, options: VerifyExportOptions): Promise<ExportReport> {
  const { keys, signal } = options;
  if (!Array.isArray(keys) || keys.length === 0) {
    throw invalidArgument("options.keys", `must be verifier keys, at least one, got ${describeShape(keys)}`);
  }
  const given = {
    from: options.from === undefined ? undefined : new Date(parseDate("options.from", options.from)),
    to: options.to === undefined ? undefined : new Date(parseDate("options.to", options.to)),
  };
  if (given.from !== undefined && given.to !== undefined && given.from >= given.to) {
    throw invalidArgument("options.to", "must be after options.from");
  }
  const found = new FindingList();
  const opened = await ExportFolder.open(folder, found, signal);
  const verification = new Verification(opened, found, { ...options, ...given });
  await verification.run();
  return verification.report();
}

class Verification {
  #checkpoint: ExportReport["checkpoint"];
  #continues: ContinuedLog | undefined;
  #counts = new LeafCounts();
  #anchors: readonly ConfirmedReceipt[] = [];
  #earlier: readonly number[] = [];
  #range: Pick<ExportReport, "from" | "to">;

  constructor(
    private readonly folder: ExportFolder,
    private readonly found: FindingList,
    private readonly options: VerifyExportOptions,
  ) {
    this.#range = { from: options.from ?? null, to: options.to ?? null };
  }

  async run(): Promise<void> {
    const isReadable = await this.folder.survey();
    const { header } = this.folder;
    if (!isReadable || header === undefined) {
      this.found.addUnchecked("nothing of the export was checked, since its manifest cannot be read");
      return;
    }
    if (!this.#isCovered(header)) return;
    await this.#check(header);
    await this.folder.compareDigests();
  }

  report(): ExportReport {
    const { findings, count: findingCount, unchecked } = this.found;
    const { runs, ...counts } = this.#counts;
    return {
      isComplete: findingCount === 0 && unchecked.length === 0,
      ...(this.#checkpoint === undefined ? {} : { checkpoint: this.#checkpoint }),
      ...(this.#continues === undefined ? {} : { continues: this.#continues }),
      ...this.#range,
      ...counts,
      runs: [...runs].sort(),
      anchors: this.#anchors,
      earlier: this.#earlier,
      findings,
      findingCount,
      unchecked,
    };
  }

  /** Of what the export does not say to have, nothing can be said. */
  #isCovered(header: ExportHeader): boolean {
    this.#range = { from: this.options.from ?? header.from, to: this.options.to ?? header.to };
    const exported = rangeOf(header.from, header.to);
    const asked = rangeOf(this.#range.from, this.#range.to);
    if (asked.from >= exported.from && asked.to <= exported.to) return true;
    const [from, to] = [header.from?.toISOString() ?? "the beginning", header.to?.toISOString() ?? "the end"];
    this.found.addUnchecked(`the export is of the time from ${from} to before ${to}, and more was asked for`);
    return false;
  }

  async #check(header: ExportHeader): Promise<void> {
    const checkpoint = await checkCheckpoint(this.folder, this.found, this.options.keys, header);
    if (checkpoint === undefined) {
      this.found.addUnchecked("no event was checked, since the checkpoint does not hold");
      return;
    }
    const { origin, size } = checkpoint;
    this.#checkpoint = { origin, size };
    const reader = new TreeReader(this.folder, checkpoint);
    const asked = rangeOf(this.#range.from, this.#range.to);
    const selection = new Selection(asked);
    const statements = new StatementCheck(this.folder, reader, this.found, selection);
    const isReliable = await statements.run();
    this.#continues = statements.continues;
    const replaced = replacedKey(checkpoint.signed, keyAt(keyPeriods(statements.keys), size));
    if (replaced !== undefined) this.found.add({ code: "key_unknown", detail: `the checkpoint ${replaced}` });
    const earlier = new EarlierCheck(this.folder, this.found, this.options.keys, reader);
    this.#anchors = await earlier.receipts();
    this.#earlier = await earlier.notes(this.options.earlier ?? []);
    if (!isReliable) {
      this.found.addUnchecked("no event was checked, since the seals do not hold");
      return;
    }
    tellUnknownFiles(this.folder, this.found, statements.lists, size);
    for (const path of [EVENTS_FILE, SEEDS_FILE]) {
      if (this.folder.has(path)) continue;
      this.found.addFile("export_incomplete", path, "is missing");
      return;
    }
    const exported = rangeOf(header.from, header.to);
    const leaves = new LeafCheck(this.folder, reader, this.found, selection, statements.leaves, { asked, exported });
    await leaves.run(this.options.signal);
    this.#counts = leaves.counts;
  }
}
