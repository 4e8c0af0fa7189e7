import type { Database } from "better-sqlite3";
import { NEWEST_SEQ } from "../sql/newest-seq.js";
import { CellCounter } from "./cell-counter.js";
import { type CountedRow, type MemberValue, SELECT_COUNTED } from "./layout.js";
import { CountTables } from "./tables.js";

/** Which events are to be counted. */
export interface SliceRequest {
  /** Those with a greater seq. */
  readonly after: number;
  /** At most so many. */
  readonly rows: number;
}

/** What the events of a slice add to the cells. Made of numbers where it can be: a thread passes it on without copying. */
export interface CountSlice {
  readonly after: number;
  /** The seq up to which it counts. */
  readonly upTo: number;
  /** Of the state that it was computed from. */
  readonly generation: number;
  readonly rows: number;
  /** Milliseconds that it took. */
  readonly ms: number;
  /** {@link CELL_NUMBERS} of each cell: cube and level, hour, place in `keyIds`, events, bytes of payloads. */
  readonly cells: Float64Array<ArrayBuffer>;
  /** In `audit_count_keys`; 0 for a key that was not there. */
  readonly keyIds: Float64Array<ArrayBuffer>;
  /** Those that were not there. */
  readonly newKeys: readonly {
    readonly place: number;
    readonly cube: number;
    readonly members: readonly MemberValue[];
  }[];
}

export const CELL_NUMBERS = 5;

const NEXT_ROWS = `SELECT ${SELECT_COUNTED} FROM audit_events AS e WHERE e.seq > ? ORDER BY e.seq LIMIT ?`;

/** Counts slices of the log over a connection that only reads. */
export class SliceCounter {
  readonly #counter = new CellCounter();
  readonly #tables: CountTables;
  #generation = -1;

  constructor(private readonly connection: Database) {
    this.#tables = new CountTables(connection);
  }

  /** @returns `undefined` where no counts are kept. One state of the database, without a pause. */
  count(request: SliceRequest): CountSlice | undefined {
    this.connection.exec("BEGIN");
    try {
      return this.#count(request);
    } finally {
      this.connection.exec("COMMIT");
    }
  }

  #count({ after, rows }: SliceRequest): CountSlice | undefined {
    const started = performance.now();
    const state = this.#tables.state();
    if (state === undefined) return undefined;
    // Keys are removed with all counts only, which raises the generation.
    if (state.generation !== this.#generation) this.#counter.forget();
    this.#generation = state.generation;
    const newest = this.connection.prepare<[], unknown>(NEWEST_SEQ).pluck().get();
    let read = 0;
    let last = after;
    for (const row of this.connection.prepare<[number, number]>(NEXT_ROWS).raw().iterate(after, rows)) {
      this.#counter.add(row as CountedRow);
      last = (row as CountedRow)[0];
      read++;
    }
    // Behind the last row, all numbers up to the newest are of deleted events.
    const upTo = read < rows && typeof newest === "number" ? Math.max(last, newest) : last;
    const packed = this.#packed();
    return { after, upTo, generation: state.generation, rows: read, ms: performance.now() - started, ...packed };
  }

  #packed(): Pick<CountSlice, "cells" | "keyIds" | "newKeys"> {
    const found = this.#counter.take();
    const cells = new Float64Array(found.length * CELL_NUMBERS);
    const places = new Map<object, number>();
    const keyIds: number[] = [];
    const newKeys: CountSlice["newKeys"][number][] = [];
    let at = 0;
    for (const { cubeLevel, hour, key, events, payloadBytes } of found) {
      let place = places.get(key);
      if (place === undefined) {
        key.id ??= this.#tables.findKey(key);
        place = keyIds.push(key.id ?? 0) - 1;
        places.set(key, place);
        if (key.id === undefined) newKeys.push({ place, cube: key.cube, members: key.members });
      }
      cells.set([cubeLevel, hour, place, events, payloadBytes], at);
      at += CELL_NUMBERS;
    }
    return { cells, keyIds: Float64Array.from(keyIds), newKeys };
  }
}
