import {
  COUNT_LEVEL_IDS,
  type CountDimension,
  type CountPlan,
  countDimensionsOf,
  MAX_TIME_MS,
  type ParsedAuditFilter,
  planSpan,
  type TimeSpan,
  toCellHour,
} from "@agent-assembly/storage-core/backend";
import { includedIn, type PositionIn } from "../audit/commit-order.js";
import { type CountState, uncountedBy, within } from "../counts/state.js";
import type { CountTables } from "../counts/tables.js";
import { PAYLOAD_BYTES } from "../counts/uncount-sql.js";
import type { TransactionSql } from "../driver/pool.js";
import { plainArray, textArray } from "../sql/array-literal.js";
import { Bindings } from "../sql/bindings.js";
import { quoteLiteral } from "../sql/identifiers.js";
import { toTimestamp } from "../sql/timestamps.js";
import type { Sized } from "./counted.js";
import { all, anyOf, type Part, withinPartition } from "./slice-sql.js";

export interface CountedParts {
  /** In the order of the parts; `undefined` where only the log can tell. */
  readonly sizes: readonly (Sized | undefined)[];
  /** Whether the table is in chunks. */
  readonly isInChunks: boolean;
  /** Whether events were counted that are behind the position of a part. */
  readonly isAhead: boolean;
}

/** A part, where it is in the list, and how counts answer it. */
interface Planned {
  readonly n: number;
  readonly part: Part;
  readonly plan: CountPlan;
}

/** The events of parts: one statement for all of which the same is asked. */
export async function countParts(
  sql: TransactionSql,
  tables: CountTables,
  state: CountState,
  parts: readonly Part[],
): Promise<CountedParts> {
  const alike = new Map<string, Planned[]>();
  for (const [n, part] of parts.entries()) {
    const plan = planPart(state, part);
    if (plan === undefined) continue;
    // What cells would cut is read from the log, at best by few ranges of time in one statement.
    const alone = plan.rows.length === 0 ? undefined : n;
    const key = JSON.stringify([plan.cube.id, part.selection, part.asOf?.position, alone]);
    alike.set(key, [...(alike.get(key) ?? []), { n, part, plan }]);
  }
  const sizes: (Sized | undefined)[] = parts.map(() => undefined);
  const isAhead = parts.some(({ asOf }) => asOf !== undefined && !isWithin(state, asOf));
  let isInChunks = false;
  for (const planned of alike.values()) isInChunks = await countAlike(sql, tables, state, planned, sizes);
  return { sizes, isInChunks, isAhead };
}

/** @returns `undefined` where only the log can tell */
function planPart(state: CountState, part: Part): CountPlan | undefined {
  const needed = part.dataset === "audit" ? membersOf(part) : undefined;
  if (needed === undefined || (part.asOf !== undefined && !isWithin(state, part.asOf))) return undefined;
  return [needed, new Set<CountDimension>([...needed, "agentId", "tool"])]
    .map((members) => planSpan(part, members))
    .find((one) => one?.cube.sized);
}

/** What a row is about: a part by its number, a bucket of time by its number, or whether there are chunks. */
const OF = { cells: 0, uncounted: 1, cut: 2, chunks: 3 } as const;

/** @param sizes gets those of the parts @returns whether the table is in chunks */
async function countAlike(
  sql: TransactionSql,
  tables: CountTables,
  state: CountState,
  planned: readonly Planned[],
  sizes: (Sized | undefined)[],
): Promise<boolean> {
  const buckets = new Buckets(planned.flatMap(({ plan }) => [...plan.cells, ...plan.rows]));
  const bindings = new Bindings();
  const [{ part, plan }] = planned as [Planned];
  const selected = all(withinPartition({ selection: part.selection, asOf: undefined })(bindings));
  const included = part.asOf === undefined ? [] : includedIn(part.asOf)(bindings);
  const edges = buckets.bind(bindings);
  const events = (of: number, conditions: readonly string[]): string => `SELECT ${of}, width_bucket(e.ts, ${edges}),
      count(*), coalesce(sum(${PAYLOAD_BYTES}), 0)::bigint FROM ${tables.events} AS e
    WHERE ${all([...conditions, ...included, selected])} GROUP BY 2`;
  const spans = planned.map((one) => one.plan.counted);
  const cellTime = { from: Math.min(...spans.map(({ from }) => from)), to: Math.max(...spans.map(({ to }) => to)) };
  const cut = plan.rows.map((one) => all(within(one, bindings)));
  const found = await sql.unsafe<{ of: number; n: number; rows: number; bytes: number }[]>(
    [
      selectCells(tables, state, planned, selected, bindings),
      ...uncountedBy(state, cellTime).map((one) => events(OF.uncounted, one(bindings))),
      ...(cut.length === 0 ? [] : [events(OF.cut, [anyOf(cut)])]),
      `SELECT ${OF.chunks}, relhassubclass::integer, 0, 0 FROM pg_class WHERE oid = ${quoteLiteral(tables.events)}::regclass`,
    ].join(" UNION ALL "),
    bindings.values,
  );
  const cells = new Map<number, Sized>();
  let isInChunks = false;
  for (const { of, n, rows, bytes } of found) {
    const sized = { rows: Number(rows), payloadBytes: Number(bytes) };
    if (of === OF.cells) cells.set(n, sized);
    else if (of === OF.chunks) isInChunks = n === 1;
    else buckets.add(of, n, sized);
  }
  for (const one of planned) {
    sizes[one.n] = total([
      ...(cells.has(one.n) ? [cells.get(one.n) as Sized] : []),
      ...one.plan.cells.flatMap((span) => buckets.within(OF.uncounted, span)),
      ...one.plan.rows.flatMap((span) => buckets.within(OF.cut, span)),
    ]);
  }
  return isInChunks;
}

/** The cells of parts of the same cube: the number of the part, events, bytes. */
function selectCells(
  tables: CountTables,
  state: CountState,
  planned: readonly Planned[],
  selected: string,
  bindings: Bindings,
): string {
  const spans = planned.flatMap(({ n, plan }) => plan.cells.map((cell) => ({ n, ...cell })));
  const bound = (value: (span: (typeof spans)[number]) => number): string =>
    bindings.bind(plainArray(spans.map(value)), "integer[]");
  const columns = [
    bound(({ n }) => n),
    bound(({ level }) => COUNT_LEVEL_IDS[level]),
    bound(({ from }) => toCellHour(from)),
    bound(({ to }) => toCellHour(to)),
  ];
  const keys = selected === "TRUE" ? "" : `JOIN ${tables.keys} AS e ON e.id = u.key WHERE ${selected}`;
  return `SELECT ${OF.cells} AS of, s.n, sum(u.events)::bigint AS rows, sum(u.size)::bigint AS bytes
    FROM unnest(${columns.join(", ")}) AS s (n, level, first, until)
    JOIN ${tables.cells} AS k ON k.origin = ${bindings.bind(state.origin, "bigint")} AND k.cube = ${planned[0]?.plan.cube.id}
      AND k.level = s.level AND k.start >= s.first AND k.start < s.until
    CROSS JOIN LATERAL unnest(k.keys, k.events, k.payload_bytes) AS u (key, events, size) ${keys} GROUP BY s.n`;
}

/** Time between the ends of spans, in buckets numbered from 1, as `width_bucket` does. */
class Buckets {
  readonly #edges: readonly number[];
  readonly #found = new Map<string, Sized>();

  constructor(spans: readonly TimeSpan[]) {
    this.#edges = [...new Set(spans.flatMap(({ from, to }) => [from, to]))].toSorted((a, b) => a - b);
  }

  bind(bindings: Bindings): string {
    const edges = this.#edges.map((ms) => (ms > MAX_TIME_MS ? "infinity" : toTimestamp(ms)));
    return bindings.bind(textArray(edges), "timestamptz[]");
  }

  /** There may be several of one bucket. */
  add(of: number, n: number, sized: Sized): void {
    this.#found.set(`${of} ${n}`, total([this.#found.get(`${of} ${n}`) ?? NOTHING, sized]));
  }

  /** What is in the buckets of a span. */
  within(of: number, { from, to }: TimeSpan): Sized[] {
    const found: Sized[] = [];
    for (let n = this.#edges.indexOf(from) + 1; n <= this.#edges.indexOf(to); n++) {
      const sized = this.#found.get(`${of} ${n}`);
      if (sized !== undefined) found.push(sized);
    }
    return found;
  }
}

const NOTHING: Sized = { rows: 0, payloadBytes: 0 };

function total(sizes: readonly Sized[]): Sized {
  return sizes.reduce(
    (sum, { rows, payloadBytes }) => ({ rows: sum.rows + rows, payloadBytes: sum.payloadBytes + payloadBytes }),
    NOTHING,
  );
}

/** The members that a selection compares; `undefined` when it compares something else too. */
function membersOf({ selection }: Part): ReadonlySet<CountDimension> | undefined {
  const members = new Set<CountDimension>();
  for (const filter of [...(selection?.only ?? []), ...(selection?.except ?? [])] satisfies ParsedAuditFilter[]) {
    const compared = filter.from === undefined && filter.to === undefined ? countDimensionsOf(filter) : undefined;
    if (compared === undefined) return undefined;
    for (const member of compared) members.add(member);
  }
  return members;
}

/** Whether a position includes all events that are counted. */
function isWithin({ next, open }: CountState, { position }: PositionIn): boolean {
  return next <= position.next && position.open.every((xact) => xact >= next || open.includes(xact));
}
