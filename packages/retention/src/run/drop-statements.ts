import { createHash } from "node:crypto";
import { canonicalJson, type Partition, type PartitionSlice, type StorageBackend } from "@agent-assembly/storage-core";
import { countText } from "@agent-assembly/storage-core/backend";
import type { EvidenceToArchive } from "../archive/archive.js";
import type { ResolvedPolicy } from "../policy/policy.js";

/** What holds the events of rows that are dropped. */
export interface DropArchive {
  readonly id: string;
  /** SHA-256 of the manifest file, Base64. */
  readonly manifest: string;
}

/** Audit events that a run is about to archive. */
export interface RowsToArchive extends PartitionSlice {
  readonly partition: Partition;
  readonly signal?: AbortSignal | undefined;
}

/** Audit events that a run is about to drop. */
export interface DropToAnnounce extends PartitionSlice {
  readonly partition: Partition;
  /** Id of the run. */
  readonly run: string;
  /** SHA-256 of the policy as canonical JSON, Base64. */
  readonly policy: string;
  /** Absent where the events are kept nowhere. */
  readonly archive?: DropArchive | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * States in the evidence log of a store what is dropped, so that a verification takes nothing of it for deleted.
 * `dropAnnouncer(storage)` of `@agent-assembly/evidence` makes one.
 */
export interface DropAnnouncer {
  /**
   * Called before rows go. When it rejects, they stay.
   * @returns what is called behind the drop, also when that failed, to state which of the rows are gone
   */
  announceDrop(drop: DropToAnnounce): Promise<{ done(): Promise<void> }>;
  /** Called before rows are archived: what the archive keeps of their evidence. @default the archive says nothing of it */
  archiveRows?(rows: RowsToArchive): Promise<EvidenceToArchive>;
  /** Called before a run drops anything, to state what became of drops whose run was killed. */
  finishDrops(): Promise<void>;
}

/** What a run states of the rows that it drops, in a store whose events are sealed; nothing in others. */
export class DropStatements {
  #unstated = 0;

  private constructor(
    private readonly announcer: DropAnnouncer | undefined,
    private readonly isSealed: boolean,
    private readonly about: Pick<DropToAnnounce, "run" | "policy" | "signal">,
  ) {}

  /** Finishes those of earlier runs. */
  static async begin(
    { evidenceSupport }: Pick<StorageBackend, "evidenceSupport">,
    announcer: DropAnnouncer | undefined,
    { run, policy, signal }: { run: string; policy: ResolvedPolicy; signal: AbortSignal },
  ): Promise<DropStatements> {
    const log = await evidenceSupport?.log();
    const isSealed = log !== undefined && log.size > 0;
    if (isSealed) await announcer?.finishDrops();
    return new DropStatements(announcer, isSealed, { run, policy: digestOf(policy), signal });
  }

  /** To be called before rows are archived. @returns `undefined` where nothing is known of their evidence */
  async archiveRows({
    partition,
    selection,
    asOf,
  }: PartitionSlice & { readonly partition: Partition }): Promise<EvidenceToArchive | undefined> {
    if (!this.isSealed || partition.dataset !== "audit") return undefined;
    return this.announcer?.archiveRows?.({ partition, selection, asOf, signal: this.about.signal });
  }

  /** To be called before rows go. @returns `undefined` where nothing is to be stated */
  async announce(
    { partition, selection, asOf }: PartitionSlice & { readonly partition: Partition },
    archive: DropArchive | undefined,
  ): Promise<{ done(): Promise<void> } | undefined> {
    if (!this.isSealed || partition.dataset !== "audit") return undefined;
    return this.announcer?.announceDrop({ ...this.about, partition, selection, asOf, archive });
  }

  /** Rows that went, of those that nothing was announced of. */
  countUnstated({ dataset }: Partition, rows: number): void {
    if (this.isSealed && dataset === "audit") this.#unstated += rows;
  }

  /** For people; empty when all is well. */
  get warnings(): readonly string[] {
    if (this.#unstated === 0) return [];
    return [
      `the events of this store are sealed, and ${countText(this.#unstated, "row")} were dropped without a statement in its evidence log: a verification reports them. Run retention with the option "evidence".`,
    ];
  }
}

function digestOf(policy: ResolvedPolicy): string {
  // What is undefined in it is left out.
  const text = canonicalJson(JSON.parse(JSON.stringify(policy)));
  return createHash("sha256").update(text).digest("base64");
}
