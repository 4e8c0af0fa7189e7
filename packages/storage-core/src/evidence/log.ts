import type { AuditEventRow } from "../audit/row.js";

/** A log that seals the events of a store: the state that the next commit continues. */
export interface EvidenceLog {
  /** Which log of the store, from 1: a log whose history split is continued by another one. */
  readonly log: number;
  /** Its name, which its checkpoints have. */
  readonly origin: string;
  /** Leaves. */
  readonly size: number;
  /** Of the tree of `size` leaves, 32 bytes. */
  readonly root: Uint8Array;
  /** In commit order, behind the newest sealed event; empty before the first one. Opaque. */
  readonly position: string;
  /** What the sealer carries from one commit to the next, as JSON text. */
  readonly chain: string;
}

/** An event as it is sealed, and the row that holds it. */
export interface EvidenceEvent {
  /** Number of the row, which no other row has had. */
  readonly seq: number;
  readonly event: AuditEventRow;
  /** Number of the transaction that stored the row, where that is the order in which events are sealed. */
  readonly transaction?: number | undefined;
}

/** A leaf whose row was restored, and has another number since. */
export interface EvidenceMove {
  readonly leaf: number;
  /** Number of the row: of several that were restored one after another, the newest. */
  readonly seq: number;
  /** Of the archive; empty where nothing says from where the row came. */
  readonly archive: string;
  /** SHA-256 of the archive's manifest, Base64; empty as `archive` is. */
  readonly manifest: string;
}

/** A row that came back from an archive. */
export interface RestoredEvent extends EvidenceEvent, EvidenceMove {
  /** Number of the log that the leaf is of. */
  readonly log: number;
}

/** Settled events behind a position. */
export interface EvidenceSlice {
  /** In commit order. Without those that were restored. */
  readonly events: readonly EvidenceEvent[];
  /** Between them: those that have a leaf. */
  readonly restored: readonly RestoredEvent[];
  /** Behind the last of both. */
  readonly position: string;
  /** Whether there may be more. */
  readonly more: boolean;
}

/** A tile of the tree, with all hashes that it has so far. */
export interface EvidenceTile {
  readonly level: number;
  readonly index: number;
  /** 32 bytes each. */
  readonly hashes: Uint8Array;
}

/** Both inclusive. */
export interface TransactionRange {
  readonly first: number;
  readonly last: number;
}

/** Where the rows of leaves lie. */
export interface RowPlaces {
  /** The earliest and the latest `ts`, both inclusive, in milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** The transactions that stored them. A single late event makes the times wide, and leaves these narrow. @default any */
  readonly transactions?: TransactionRange | undefined;
}

/** Consecutive leaves that stand for events, and the rows of these. */
export interface EvidenceBatch {
  readonly first: number;
  readonly count: number;
  /** The least and the greatest number of the rows. */
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** The earliest and the latest `ts`, in milliseconds since the epoch. */
  readonly fromTs: number;
  readonly toTs: number;
  /** The least and the greatest {@link EvidenceEvent.transaction}; absent where events have none. */
  readonly transactions?: TransactionRange | undefined;
  /** The numbers of the rows in the order of the leaves, in the form that the sealer packs them. */
  readonly seqs: Uint8Array;
}

/** A node of the tree of seeds of one bundle of 256 leaves. Secret. */
export interface EvidenceSeed {
  readonly bundle: number;
  readonly depth: number;
  readonly path: number;
  readonly node: Uint8Array;
}

/** Of a leaf whose seed was destroyed: the salt of a part that is still there, or the commitment to one that was erased. */
export interface EvidencePart {
  readonly leaf: number;
  /** Of the part among those of the leaf, from 0. */
  readonly place: number;
  readonly isErased: boolean;
  /** 32 bytes. The salt is secret. */
  readonly bytes: Uint8Array;
}

/** A leaf that is not an event. */
export interface EvidenceStatement {
  readonly leaf: number;
  /** As `seal` or `drop`. */
  readonly kind: string;
  /** The entry, canonical JSON. */
  readonly entry: string;
  /** The list that the entry has the digest of, as JSON text; `null` for statements without one. */
  readonly list: string | null;
}

/** How a log begins: without leaves, or with the first ones. Its position is before the first event. */
export interface EvidenceBeginning
  extends Pick<EvidenceLog, "log" | "origin" | "root" | "chain">,
    Partial<Pick<EvidenceCommit, "tiles" | "seeds" | "statements" | "record">> {
  /** Leaves. @default 0 */
  readonly size?: number | undefined;
}

/** What is stored when a log grows: all of it, or nothing. */
export interface EvidenceCommit {
  readonly log: number;
  /** What the log must be at; else nothing is stored. */
  readonly from: Pick<EvidenceLog, "size" | "position">;
  readonly to: Pick<EvidenceLog, "size" | "root" | "position" | "chain">;
  readonly tiles: readonly EvidenceTile[];
  readonly batches: readonly EvidenceBatch[];
  readonly seeds: readonly EvidenceSeed[];
  readonly statements: readonly EvidenceStatement[];
  /** The governance event that records it, of a store that records changes. @default none */
  readonly record?: AuditEventRow | undefined;
}

/** A signed checkpoint. */
export interface EvidenceCheckpoint {
  readonly log: number;
  readonly size: number;
  /** The signed note. */
  readonly note: string;
  /** When it was signed, in milliseconds since the epoch. */
  readonly at: number;
}

/** What proves that a checkpoint is kept elsewhere. */
export interface EvidenceAnchor {
  readonly log: number;
  /** Of the checkpoint. */
  readonly size: number;
  /** As `file` or `rfc3161`. */
  readonly kind: string;
  /** Where it is kept. */
  readonly target: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** What the other side answered. */
  readonly receipt: Uint8Array;
}

/** A verification of the store, as its runner reports it. */
export interface EvidenceVerification {
  /** UUID, lower case. */
  readonly id: string;
  readonly log: number;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** JSON, as `@agent-assembly/evidence` writes it. */
  readonly report: string;
}

/** A verification, as the store has it. */
export interface KeptEvidenceVerification extends EvidenceVerification {
  /** Milliseconds since it was stored last, by the store's clock. */
  readonly unchangedMs: number;
}
