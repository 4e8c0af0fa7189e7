/**
 * Which transactions have ended: all below `next`, except the open ones. Transactions are numbered when they first write,
 * so one that began after another had committed has a greater number.
 */
export interface Snapshot {
  /** The first transaction that is not included. */
  readonly next: number;
  /** Transactions below `next` that are not included either; ascending. */
  readonly open: readonly number[];
}

/** A row's place in the order of its table. */
export interface RowPlace {
  /** The transaction that inserted it. */
  readonly xact: number;
  /** Orders the rows of one transaction. */
  readonly seq: number;
}

/**
 * A place in commit order: it includes the rows of the transactions that a snapshot includes, and the first ones of one
 * transaction. A position never waits: a transaction that stays open is one more number in its list.
 */
export interface Position extends Snapshot {
  /** Of this transaction, which is among the open ones, rows up to `seq` are included. */
  readonly part: RowPlace | undefined;
}

/** Rows of consecutive transactions. */
export interface RowRange {
  readonly first: number;
  /** Exclusive. */
  readonly end: number;
  /** Of the first transaction, only rows behind this number; `undefined` for all. */
  readonly afterSeq: number | undefined;
}

/** The tables' history that positions belong to; see `audit_origin`. */
export interface Origin {
  readonly id: number;
  /** The OID of the database: a copy made by CREATE DATABASE has the same id. */
  readonly database: number;
  /** Rows up to this number were restored from a dump. Their transactions are another server's, and have ended. */
  readonly seq: number;
}

/**
 * Snapshots with more open transactions than this are cut: what follows is taken for open too, and is delivered later.
 * Bounds the length of positions and the work of a read.
 */
export const MAX_OPEN = 500;

/**
 * @param text of a `pg_snapshot`
 * @param inRecovery on a standby, whose snapshots do not list open transactions: all from the oldest one on count as open
 */
export function parseSnapshot(text: string, inRecovery: boolean, maxOpen: number = MAX_OPEN): Snapshot {
  const [xmin, xmax, list] = text.split(":") as [string, string, string];
  if (inRecovery) return { next: Number(xmin), open: [] };
  const open = list === "" ? [] : list.split(",").map(Number);
  const next = open[maxOpen] ?? Number(xmax);
  return { next, open: open.slice(0, maxOpen) };
}

/**
 * What a snapshot includes beyond a position, in the order of delivery: the rest of a transaction that was delivered in
 * part, then the others by number, which is an order in which they may have committed.
 */
export function rangesBehind(position: Position, { next, open }: Snapshot): RowRange[] {
  const stillOpen = new Set(open);
  const ended = (xact: number): boolean => xact < next && !stillOpen.has(xact);
  const { part } = position;
  const ranges: RowRange[] = [];
  const add = (first: number, end: number): void => {
    const last = ranges.at(-1);
    if (last !== undefined && last.end === first && last.afterSeq === undefined) {
      ranges[ranges.length - 1] = { ...last, end };
    } else if (first < end) ranges.push({ first, end, afterSeq: undefined });
  };
  if (part !== undefined && ended(part.xact)) {
    ranges.push({ first: part.xact, end: part.xact + 1, afterSeq: part.seq });
  }
  for (const xact of position.open) if (xact !== part?.xact && ended(xact)) add(xact, xact + 1);
  let first = position.next;
  for (const xact of open) {
    if (xact < first) continue;
    add(first, xact);
    first = xact + 1;
  }
  add(first, next);
  return ranges;
}

/** The position behind a row that {@link rangesBehind} delivers. */
export function behindRow(position: Position, snapshot: Snapshot, row: RowPlace): Position {
  const { part } = position;
  if (part?.xact === row.xact) return { ...position, part: row };
  const undelivered = (xact: number): boolean => xact > row.xact || !includes(snapshot, xact);
  const open = [
    // Of a transaction that was delivered in part, the rest came first.
    ...position.open.filter((xact) => xact !== row.xact && xact !== part?.xact && undelivered(xact)),
    ...snapshot.open.filter((xact) => xact >= position.next && xact < row.xact),
    row.xact,
  ];
  return { next: Math.max(position.next, row.xact + 1), open: open.toSorted(ascending), part: row };
}

/** The position behind everything that {@link rangesBehind} delivers. */
export function behindAll(position: Position, snapshot: Snapshot): Position {
  const { part } = position;
  const open = [
    ...position.open.filter((xact) => !includes(snapshot, xact)),
    ...snapshot.open.filter((xact) => xact >= position.next),
  ];
  return {
    next: Math.max(position.next, snapshot.next),
    open: open.toSorted(ascending),
    part: part !== undefined && includes(snapshot, part.xact) ? undefined : part,
  };
}

function includes({ next, open }: Snapshot, xact: number): boolean {
  return xact < next && !open.includes(xact);
}

function ascending(a: number, b: number): number {
  return a - b;
}

/**
 * What a position includes that transactions before `firstXact` have stored. From that number on, transactions that a lost
 * server had begun have left nothing, and the numbers were given to others.
 */
export function before(firstXact: number, { next, open, part }: Position): Position {
  return {
    next: Math.min(next, firstXact),
    open: open.filter((xact) => xact < firstXact),
    part: part !== undefined && part.xact < firstXact ? part : undefined,
  };
}
