import {
  COUNT_CUBES,
  COUNT_DIMENSIONS,
  type CountCube,
  type CountLevel,
  cellStart,
  fromCellHour,
  toCellHour,
} from "@agent-assembly/storage-core/backend";
import { type CountedRow, cubeLevelOf, type MemberValue } from "./layout.js";

/** A combination of values that the cells of a cube count by. */
export interface CountKey {
  readonly cube: number;
  /** In the order of `COUNT_DIMENSIONS`. */
  readonly members: readonly MemberValue[];
  /** In `audit_count_keys`; `undefined` until it is looked up. */
  id: number | undefined;
}

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

interface Node {
  readonly next: Map<MemberValue, Node>;
  /** Of each cube, at the last member. */
  keys: readonly number[] | undefined;
}

const FIRST_MEMBER = 3;
const MEMBERS = COUNT_DIMENSIONS.length;
/** Keys that are remembered from one call of {@link CellCounter.take} to the next. */
const MOST_KEYS = 200_000;
/** Makes one whole number of an hour and a key, which is exact up to 2^53: hours of the year 9999 have 27 bits. */
const KEY_RANGE = 2 ** 22;
const FIRST_HOUR = -(2 ** 30);

/** Where the members of a cube stand among all. */
const SHOWN: readonly (readonly boolean[])[] = COUNT_CUBES.map(({ dimensions }) =>
  COUNT_DIMENSIONS.map((member) => dimensions.includes(member)),
);

/** Counts rows into the cells of all cubes and levels. */
export class CellCounter {
  readonly #keys: CountKey[] = [];
  readonly #known = new Map<string, number>();
  readonly #months = new Map<number, number>();
  #root: Node = newNode();
  /** Those of the narrowest level, by cube. */
  #cells: Map<number, Cell>[] = COUNT_CUBES.map(() => new Map());

  add(row: CountedRow): void {
    const hour = Math.floor(toCellHour(row[1]));
    const day = Math.floor(hour / 24) * 24;
    const keys = this.#keysOf(row);
    for (let cube = 0; cube < COUNT_CUBES.length; cube++) {
      const { levels, sized } = COUNT_CUBES[cube] as CountCube;
      const level = levels.at(-1) as CountLevel;
      const start = level === "hour" ? hour : day;
      this.#count(
        cube,
        this.#cells[cube] as Map<number, Cell>,
        level,
        start,
        keys[cube] as number,
        1,
        sized ? row[2] : 0,
      );
    }
  }

  /** What was counted since the last call, by cube, level, time and key: as the table has it. */
  take(): Cell[] {
    const all: Cell[] = [];
    for (const [cube, { levels }] of COUNT_CUBES.entries()) {
      const byLevel = [this.#cells[cube] as Map<number, Cell>];
      for (const level of levels.toReversed().slice(1)) {
        byLevel.push(this.#widen(cube, level, byLevel.at(-1) as Map<number, Cell>));
      }
      for (const cells of byLevel) {
        for (const code of Float64Array.from(cells.keys()).sort()) all.push(cells.get(code) as Cell);
      }
    }
    this.#cells = COUNT_CUBES.map(() => new Map());
    if (this.#keys.length > MOST_KEYS) this.forget();
    return all;
  }

  /** Forgets the keys, and with them what they were looked up as. To be called between two counts. */
  forget(): void {
    this.#keys.length = 0;
    this.#known.clear();
    this.#root = newNode();
  }

  #widen(cube: number, level: CountLevel, narrower: ReadonlyMap<number, Cell>): Map<number, Cell> {
    const wider = new Map<number, Cell>();
    for (const [code, { hour, events, payloadBytes }] of narrower) {
      const start = level === "day" ? Math.floor(hour / 24) * 24 : this.#monthOf(hour);
      this.#count(cube, wider, level, start, code % KEY_RANGE, events, payloadBytes);
    }
    return wider;
  }

  #count(
    cube: number,
    cells: Map<number, Cell>,
    level: CountLevel,
    hour: number,
    key: number,
    events: number,
    payloadBytes: number,
  ): void {
    const code = (hour - FIRST_HOUR) * KEY_RANGE + key;
    const cell = cells.get(code);
    if (cell !== undefined) {
      cell.events += events;
      cell.payloadBytes += payloadBytes;
      return;
    }
    const cubeLevel = cubeLevelOf(COUNT_CUBES[cube] as CountCube, level);
    cells.set(code, { cubeLevel, hour, key: this.#keys[key] as CountKey, events, payloadBytes });
  }

  /** The start of the month that holds a day; asked for the same few days again and again. */
  #monthOf(day: number): number {
    let month = this.#months.get(day);
    if (month === undefined) {
      if (this.#months.size > 10_000) this.#months.clear();
      month = toCellHour(cellStart("month", fromCellHour(day)));
      this.#months.set(day, month);
    }
    return month;
  }

  /** A tree of the values, because to make one text of them takes longer than to look them up one by one. */
  #keysOf(row: CountedRow): readonly number[] {
    let node = this.#root;
    for (let i = FIRST_MEMBER; i < FIRST_MEMBER + MEMBERS; i++) {
      const value = row[i] as MemberValue;
      let next = node.next.get(value);
      if (next === undefined) {
        next = newNode();
        node.next.set(value, next);
      }
      node = next;
    }
    node.keys ??= SHOWN.map((shown, cube) => {
      const members = shown.map((isShown, i) => (isShown ? (row[FIRST_MEMBER + i] as MemberValue) : null));
      return this.#keyOf((COUNT_CUBES[cube] as CountCube).id, members);
    });
    return node.keys;
  }

  #keyOf(cube: number, members: readonly MemberValue[]): number {
    const text = JSON.stringify([cube, members]);
    let index = this.#known.get(text);
    if (index === undefined) {
      index = this.#keys.push({ cube, members, id: undefined }) - 1;
      this.#known.set(text, index);
    }
    return index;
  }
}

function newNode(): Node {
  return { next: new Map(), keys: undefined };
}
