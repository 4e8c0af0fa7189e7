import {
  COUNT_CUBES,
  type CountCube,
  type CountLevel,
  cellEnd,
  cellStart,
  fromCellHour,
  toCellHour,
} from "@agent-assembly/storage-core/backend";
import type { Database } from "better-sqlite3";
import { EventLoopYielder } from "../driver/event-loop-yielder.js";
import { type Cell, CellCounter } from "./cell-counter.js";
import { Differences, type FoundCell } from "./differences.js";
import { type CountedRow, cubeLevelOf, MEMBER_COLUMNS, type MemberValue, SELECT_COUNTED } from "./layout.js";
import { CountTables } from "./tables.js";

/** Events that are read between two looks at the clock. */
const PAGE_ROWS = 1000;
const FIRST_MEMBER_OF_CELL = 5;

/** The events of a day behind a key, in order, as far as they are counted; their id is the last column. */
const NEXT_ROWS = `SELECT ${SELECT_COUNTED}, e.event_id FROM audit_events AS e INDEXED BY audit_events_key
  WHERE (e.ts, e.event_id) > (?, ?) AND e.ts < ? AND e.seq <= ? ORDER BY e.ts, e.event_id LIMIT ${PAGE_ROWS}`;
const NEXT_TIME = "SELECT ts FROM audit_events WHERE ts >= ? ORDER BY ts LIMIT 1";
const NEXT_CELL = "SELECT min(hour) FROM audit_counts WHERE cube_level = ? AND hour >= ?";
const CELLS = `SELECT c.hour, c.events, c.payload_bytes, c.key_id, k.cube, ${MEMBER_COLUMNS.map((column) => `k.${column}`).join(", ")}
  FROM audit_counts AS c LEFT JOIN audit_count_keys AS k ON k.id = c.key_id
  WHERE c.cube_level = ? AND c.hour >= ? AND c.hour < ?`;

interface Layer {
  readonly cube: CountCube;
  readonly level: CountLevel;
  readonly cubeLevel: number;
}

const LAYERS: readonly Layer[] = COUNT_CUBES.flatMap((cube) =>
  cube.levels.map((level) => ({ cube, level, cubeLevel: cubeLevelOf(cube, level) })),
);

/**
 * Counts the events anew, day by day, and compares each cell. Needs the memory for the cells of one month.
 * @param db reads one state of the database from the beginning to the end
 * @returns what differs, as readable text
 */
export async function verifyCounts(db: Database): Promise<string[]> {
  const tables = new CountTables(db);
  if (!tables.exist()) return [];
  const look = tables.look();
  if (look === undefined || db.prepare("SELECT count(*) FROM audit_count_state").pluck().get() !== 1) {
    return ["audit_count_state does not have its one row, so that nothing is answered from the counts"];
  }
  const found = new Differences();
  if (look.folded > look.newest)
    found.problem(`the position of the counts is event ${look.folded}, but the newest event is ${look.newest}`);
  const strange = db
    .prepare<[], number>(
      `SELECT count(*) FROM audit_counts WHERE cube_level NOT IN (${LAYERS.map(({ cubeLevel }) => cubeLevel).join(", ")})`,
    )
    .pluck()
    .get();
  if (strange !== 0) found.problem(`audit_counts has ${strange} cells of no known cube and level`);
  await new Recount(db, look.folded, found).run();
  return found.texts();
}

class Recount {
  readonly #counter = new CellCounter();
  readonly #yielder = new EventLoopYielder();
  /** What is expected of the month that is read, by cube and level. */
  #months = new Map<number, Map<string, FoundCell>>();

  constructor(
    private readonly db: Database,
    private readonly folded: number,
    private readonly found: Differences,
  ) {}

  async run(): Promise<void> {
    let day = this.#nextDay(Number.MIN_SAFE_INTEGER);
    while (day !== undefined) {
      await this.#readDay(day);
      const next = this.#nextDay(day + cellEnd("day", 0));
      const month = cellStart("month", day);
      if (next === undefined || cellStart("month", next) !== month) this.#compareMonth(month);
      day = next;
    }
  }

  /** The next day that has events or cells. */
  #nextDay(from: number): number | undefined {
    const starts: number[] = [];
    const ts = this.db.prepare<[number], number>(NEXT_TIME).pluck().get(from);
    if (ts !== undefined) starts.push(ts);
    const next = this.db.prepare<[number, number], number | null>(NEXT_CELL).pluck();
    for (const { cubeLevel } of LAYERS) {
      const hour = next.get(cubeLevel, Math.ceil(toCellHour(from)));
      if (typeof hour === "number") starts.push(fromCellHour(hour));
    }
    return starts.length === 0 ? undefined : cellStart("day", Math.min(...starts));
  }

  async #readDay(day: number): Promise<void> {
    const end = cellEnd("day", day);
    const page = this.db.prepare<[number, string, number, number]>(NEXT_ROWS).raw();
    let [ts, id] = [day - 1, "\uffff"];
    for (;;) {
      const rows = page.all(ts, id, end, this.folded) as CountedRow[];
      for (const row of rows) this.#counter.add(row);
      const last = rows.at(-1);
      if (last === undefined || rows.length < PAGE_ROWS) break;
      [ts, id] = [last[1], last.at(-1) as string];
      await this.#yielder.due();
    }
    const expected = this.#byLayer(this.#counter.take());
    for (const layer of LAYERS) {
      const cells = expected.get(layer.cubeLevel) ?? new Map<string, FoundCell>();
      if (layer.level === "month") this.#addToMonth(layer, cells);
      else this.#compare(layer, cells, day, end);
      await this.#yielder.due();
    }
  }

  #byLayer(cells: readonly Cell[]): Map<number, Map<string, FoundCell>> {
    const layers = new Map<number, Map<string, FoundCell>>();
    for (const { cubeLevel, hour, key, events, payloadBytes } of cells) {
      const layer = layers.get(cubeLevel) ?? new Map<string, FoundCell>();
      layers.set(cubeLevel, layer);
      layer.set(JSON.stringify([hour, key.members]), { hour, members: key.members, events, payloadBytes });
    }
    return layers;
  }

  #addToMonth({ cubeLevel }: Layer, cells: ReadonlyMap<string, FoundCell>): void {
    const month = this.#months.get(cubeLevel) ?? new Map<string, FoundCell>();
    this.#months.set(cubeLevel, month);
    for (const [text, cell] of cells) {
      const { events = 0, payloadBytes = 0 } = month.get(text) ?? {};
      month.set(text, { ...cell, events: events + cell.events, payloadBytes: payloadBytes + cell.payloadBytes });
    }
  }

  #compareMonth(month: number): void {
    for (const layer of LAYERS) {
      if (layer.level !== "month") continue;
      this.#compare(layer, this.#months.get(layer.cubeLevel) ?? new Map(), month, cellEnd("month", month));
    }
    this.#months.clear();
  }

  #compare(
    { cube, level, cubeLevel }: Layer,
    expected: ReadonlyMap<string, FoundCell>,
    from: number,
    to: number,
  ): void {
    const stored = new Map<string, FoundCell>();
    const cells = this.db.prepare<[number, number, number]>(CELLS).raw();
    for (const row of cells.iterate(cubeLevel, toCellHour(from), toCellHour(to)) as Iterable<MemberValue[]>) {
      const [hour, events, payloadBytes, keyId, ofCube] = row as [number, number, number, number, number | null];
      const members = ofCube === cube.id ? row.slice(FIRST_MEMBER_OF_CELL) : undefined;
      const text = members === undefined ? `key ${keyId} at ${hour}` : JSON.stringify([hour, members]);
      stored.set(text, { hour, members: members ?? keyId, events, payloadBytes });
    }
    this.found.compare(cube, level, stored, expected);
  }
}
