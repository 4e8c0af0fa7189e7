import {
  COUNT_CUBES,
  type CountCube,
  type CountLevel,
  cellStart,
  fromCellHour,
  toCellHour,
} from "@agent-assembly/storage-core/backend";
import { type CountKey, KeyIndex } from "./key-index.js";
import { type CountedRow, cubeLevelOf } from "./layout.js";

/** A cell, or what is to be added to it. */
export interface Cell {
  readonly cubeLevel: number;
  /** Its start, in hours since the epoch. */
  readonly hour: number;
  readonly key: CountKey;
  events: number;
  /** 0 in cubes that do not count them. */
  payloadBytes: number;
}

/** Keys that are remembered from one call of {@link CellCounter.take} to the next. */
const MOST_KEYS = 200_000;
const FIRST_MEMBER = 3;

/** Counts rows into the cells of all cubes and levels. */
export class CellCounter {
  readonly #index = new KeyIndex();
  readonly #keysOfRow: number[] = COUNT_CUBES.map(() => 0);
  #cells = newCells();

  add(row: CountedRow): void {
    const hour = Math.floor(toCellHour(row[1]));
    this.#index.find(row, FIRST_MEMBER, this.#keysOfRow);
    for (let cube = 0; cube < COUNT_CUBES.length; cube++) {
      const place = this.#keysOfRow[cube] as number;
      const cells = this.#cells[cube] as LevelCells;
      cells.count(hour, place, this.#index.keys[place] as CountKey, 1, cells.sized ? row[2] : 0);
    }
  }

  /** What was counted since the last call, by cube, level, time and key: as the table has it. */
  take(): Cell[] {
    const all: Cell[] = [];
    for (const [i, cube] of COUNT_CUBES.entries()) {
      let cells = this.#cells[i] as LevelCells;
      cells.appendTo(all);
      for (const level of cube.levels.toReversed().slice(1)) {
        cells = cells.widened(cube, level);
        cells.appendTo(all);
      }
    }
    this.#cells = newCells();
    if (this.#index.keys.length > MOST_KEYS) this.forget();
    return all;
  }

  /** Forgets the keys, and with them what they were looked up as. To be called between two counts. */
  forget(): void {
    this.#index.clear();
  }
}

/** The cells of one cube and level, by time and place of the key. */
class LevelCells {
  readonly #byHour = new Map<number, Map<number, Cell>>();
  readonly #cubeLevel: number;
  readonly sized: boolean;
  /** Rows that follow one another are mostly of one cell's time. */
  #from = Number.POSITIVE_INFINITY;
  #to = Number.NEGATIVE_INFINITY;
  #current: Map<number, Cell> = new Map();

  constructor(
    cube: CountCube,
    private readonly level: CountLevel,
  ) {
    this.#cubeLevel = cubeLevelOf(cube, level);
    this.sized = cube.sized;
  }

  count(hour: number, place: number, key: CountKey, events: number, payloadBytes: number): void {
    if (hour < this.#from || hour >= this.#to) this.#moveTo(hour);
    const cell = this.#current.get(place);
    if (cell === undefined) {
      this.#current.set(place, { cubeLevel: this.#cubeLevel, hour: this.#from, key, events, payloadBytes });
      return;
    }
    cell.events += events;
    cell.payloadBytes += payloadBytes;
  }

  /** The same counts in cells of a wider level. */
  widened(cube: CountCube, level: CountLevel): LevelCells {
    const wider = new LevelCells(cube, level);
    for (const cells of this.#byHour.values()) {
      for (const [place, { hour, key, events, payloadBytes }] of cells) {
        wider.count(hour, place, key, events, payloadBytes);
      }
    }
    return wider;
  }

  appendTo(all: Cell[]): void {
    for (const hour of Float64Array.from(this.#byHour.keys()).sort()) {
      const cells = this.#byHour.get(hour) as Map<number, Cell>;
      for (const place of Float64Array.from(cells.keys()).sort()) all.push(cells.get(place) as Cell);
    }
  }

  #moveTo(hour: number): void {
    this.#from = startOf(this.level, hour);
    this.#to =
      this.level === "hour"
        ? hour + 1
        : this.level === "day"
          ? this.#from + 24
          : startOf("month", this.#from + 31 * 24);
    let cells = this.#byHour.get(this.#from);
    if (cells === undefined) {
      cells = new Map();
      this.#byHour.set(this.#from, cells);
    }
    this.#current = cells;
  }
}

function startOf(level: CountLevel, hour: number): number {
  return level === "hour" ? hour : toCellHour(cellStart(level, fromCellHour(hour)));
}

function newCells(): LevelCells[] {
  return COUNT_CUBES.map((cube) => new LevelCells(cube, cube.levels.at(-1) as CountLevel));
}
