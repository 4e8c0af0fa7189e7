import type { Database } from "better-sqlite3";
import { type Cell, CellCounter } from "./cell-counter.js";
import { type CountedRow, SELECT_COUNTED } from "./layout.js";
import { type CountState, CountTables } from "./tables.js";

const COUNTED_ROWS = `SELECT ${SELECT_COUNTED} FROM audit_events AS e WHERE e.seq IN (SELECT value FROM json_each(?)) AND e.seq <= ?`;

/** Takes events out of the counts, in the transaction that deletes or changes them. */
export class CountRemoval {
  readonly #tables: CountTables;
  readonly #counter = new CellCounter();
  #generation = -1;

  constructor(private readonly connection: Database) {
    this.#tables = new CountTables(connection);
  }

  /** To be called before the events are deleted; some may be gone already. */
  remove(seqs: readonly number[]): void {
    const state = this.#tables.state();
    if (state === undefined) return;
    for (const { cubeLevel, hour, key, events, payloadBytes } of this.#cellsOf(seqs, state)) {
      key.id ??= this.#tables.findKey(key);
      if (key.id !== undefined) this.#tables.subtract(cubeLevel, hour, key.id, events, payloadBytes);
    }
  }

  /** To be called once events were changed that were taken out with {@link remove}. */
  addAgain(seqs: readonly number[]): void {
    const state = this.#tables.state();
    if (state === undefined) return;
    const add = this.#tables.adding();
    for (const { cubeLevel, hour, key, events, payloadBytes } of this.#cellsOf(seqs, state)) {
      key.id ??= this.#tables.keyId(key);
      add.run(cubeLevel, hour, key.id, events, payloadBytes);
    }
  }

  /** The cells of those of the events that are counted. */
  #cellsOf(seqs: readonly number[], { foldedSeq, generation }: CountState): Cell[] {
    if (generation !== this.#generation) this.#counter.forget();
    this.#generation = generation;
    if (seqs.some((seq) => seq > foldedSeq)) {
      // A slice that has counted them may be on its way.
      this.#tables.raiseGeneration();
    }
    const rows = this.connection.prepare<[string, number]>(COUNTED_ROWS).raw();
    for (const row of rows.iterate(JSON.stringify(seqs), foldedSeq)) this.#counter.add(row as CountedRow);
    return this.#counter.take();
  }
}
