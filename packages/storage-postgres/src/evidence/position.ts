import { evidencePositionErrors } from "@agent-assembly/storage-core/backend";
import type { CommitOrder } from "../audit/commit-order.js";
import type { Position, RowPlace } from "../audit/history/position.js";

/** What is sealed of the rows that a restored dump brought along, whose transactions are another server's. */
export interface RestoredPosition extends Position {
  /** Rows up to this number are sealed: an earlier dump brought them along. */
  readonly below: number;
  /** The rest is sealed in the order of transaction and number; the last one of it. */
  readonly at: RowPlace | undefined;
}

/** What is sealed of a store. It is stored with the log, so a server that has it has all rows that it includes. */
export interface SealedPosition extends Position {
  /** The id of `audit_origin`. */
  readonly origin: number;
  /** Of rows that a dump brought along and that are not sealed yet; absent when all of them are. */
  readonly restored: RestoredPosition | undefined;
}

type Known = Pick<CommitOrder, "origin" | "newest">;

const START: Position = { next: 0, open: [], part: undefined };

/** @throws `invalid_argument` for a text that is no position; `conflict` for one that the server has not reached */
export function parseSealedPosition(what: string, text: string, order: Known): SealedPosition {
  const { origin } = order;
  const restoredRows = (known: Position, below: number): RestoredPosition | undefined =>
    origin.seq > below ? { ...known, below, at: undefined } : undefined;
  if (text === "") return { ...START, origin: origin.id, restored: restoredRows(START, 0) };
  const stored = readStored(what, text);
  if (stored.origin === origin.id) {
    // A standby does not say which transaction is the newest.
    if (order.newest === undefined || stored.next <= order.newest) return stored;
    throw evidencePositionErrors.ahead(what);
  }
  // The tables were dumped and restored since.
  if (stored.restored !== undefined) throw evidencePositionErrors.ahead(what);
  return { ...START, origin: origin.id, restored: restoredRows(stored, stored.below) };
}

interface Stored extends SealedPosition {
  /** Rows up to this number came by an earlier dump. */
  readonly below: number;
}

/** @param below rows up to this number are not of this server */
export function formatSealedPosition(position: SealedPosition, below: number): string {
  const { origin, next, open, part, restored } = position;
  return JSON.stringify({ origin, below, next, open, part, restored });
}

function readStored(what: string, text: string): Stored {
  try {
    const stored = JSON.parse(text) as Stored;
    if (isStored(stored)) return { ...stored, part: stored.part, restored: stored.restored };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw evidencePositionErrors.damaged(what, text);
}

function isStored(stored: unknown): stored is Stored {
  if (typeof stored !== "object" || stored === null) return false;
  const { origin, below, restored } = stored as Stored;
  const isRestored = restored === undefined || (isPosition(restored) && isCount(restored.below));
  return isPosition(stored as Position) && isCount(origin) && isCount(below) && isRestored;
}

function isPosition({ next, open, part }: Position): boolean {
  return isCount(next) && Array.isArray(open) && open.every(isCount) && (part === undefined || isPlace(part));
}

function isPlace({ xact, seq }: RowPlace): boolean {
  return isCount(xact) && isCount(seq);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
