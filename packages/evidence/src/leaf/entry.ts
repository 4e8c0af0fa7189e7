/**
 * What leaves of the tree say. Each is a JSON object with its kind `t` and the version `v` of its form. Times are ISO 8601 in UTC with
 * milliseconds, hashes and digests Base64 of 32 bytes, days UTC days such as `2026-11-28`. Statements are public: they hold no
 * personal data, and neither must the texts that users give for them.
 */

/** Events by UTC day of their `ts`. */
export type DayCounts = Readonly<Record<string, number>>;

/** A list that is kept beside the tree: how many it names, and the digest that binds it. See `leafListDigest`. */
export interface LeafListDigest {
  /** Leaves in the list. */
  readonly count: number;
  readonly digest: string;
}

interface Entry<Kind extends string> {
  readonly t: Kind;
  readonly v: 1;
}

/** Stands for one event. */
export interface EventEntry extends Entry<"event"> {
  /** One commitment for each part; see `eventParts`. */
  readonly c: readonly string[];
  readonly eventId: string;
  readonly recordedAt: string;
  readonly ts: string;
}

/** Closes a range of leaves, and counts its events by day. It is the leaf behind the range. */
export interface SealStatement extends Entry<"seal"> {
  /** Leaves in the range, of any kind. */
  readonly count: number;
  /** Of the events in the range; days without an event are absent. */
  readonly days: DayCounts;
  /** The first leaf of the range: 0 for the first seal, else the leaf behind the seal before. */
  readonly first: number;
  /** Which seal of the log this is, from 0. */
  readonly n: number;
  /** The leaf hash of the seal before; null for the first. */
  readonly prev: string | null;
  /** Of the tree of `first + count` leaves. */
  readonly root: string;
  readonly sealedAt: string;
}

interface RowsOfEvents {
  /** Of the archive that has the events; null where there is none. */
  readonly archive: string | null;
  readonly at: string;
  /** Of the events. */
  readonly days: DayCounts;
  readonly leaves: LeafListDigest;
  /** SHA-256 of the archive's manifest; null where there is no archive. */
  readonly manifest: string | null;
}

/** Comes before what it announces, or states what was done. */
interface Announced {
  /** The leaf of the statement that announced it; null in that statement itself. */
  readonly intent: number | null;
}

/** A retention run removes rows. */
export interface DropStatement extends Entry<"drop">, RowsOfEvents, Announced {
  /** SHA-256 of the retention policy. */
  readonly policy: string;
  /** Id of the run. */
  readonly run: string;
}

/** Parts of events are erased for good. */
export interface EraseStatement extends Entry<"erase">, Announced {
  readonly at: string;
  /** The law it rests on, such as `Art. 17(1)(b)`. */
  readonly basis: string;
  /** Of the events. */
  readonly days: DayCounts;
  readonly leaves: LeafListDigest;
  /** Under which the operator filed the request. */
  readonly request: string;
}

/** Rows of an archive are in the store again. They keep their leaves. */
export interface RestoreStatement extends Entry<"restore">, RowsOfEvents {}

/** A key signs from here on. */
export interface KeyStatement extends Entry<"key"> {
  readonly at: string;
  /** The verifier key that it replaces; null for the first of a log. */
  readonly replaces: string | null;
  readonly vkey: string;
}

/** The first leaf of a log that continues another one, whose history split. */
export interface ForkStatement extends Entry<"fork"> {
  readonly at: string;
  /** The newest signed checkpoint of the log before. */
  readonly checkpoint: string;
  readonly reason: string;
}

/** Sealing waited longer than it should, so that events were not protected yet. */
export interface GapStatement extends Entry<"gap"> {
  readonly at: string;
  readonly reason: string;
  /** Since when. */
  readonly since: string;
}

/** A leaf that is not an event. */
export type Statement =
  | SealStatement
  | DropStatement
  | EraseStatement
  | RestoreStatement
  | KeyStatement
  | ForkStatement
  | GapStatement;

/** What a leaf says. */
export type LeafEntry = EventEntry | Statement;
