import type { Database, Statement } from "better-sqlite3";
import { NEWEST_SEQ } from "../sql/newest-seq.js";
import type { CountKey } from "./key-index.js";
import { MEMBER_COLUMNS } from "./layout.js";

/** Up to where events are counted, see `audit_count_state`. */
export interface CountState {
  readonly foldedSeq: number;
  readonly generation: number;
}

/** What is counted, and what is there, by sequence number. */
export interface Look {
  readonly folded: number;
  readonly newest: number;
  readonly backlog: number;
}

type CellValues = [cubeLevel: number, hour: number, keyId: number, events: number, payloadBytes: number];

/** The position, within the statement that uses the cells: both are of one moment. */
export const FOLDED_SEQ = "SELECT folded_seq FROM audit_count_state";

const LOOK = `SELECT (${FOLDED_SEQ}) AS folded, (${NEWEST_SEQ}) AS newest`;
const COLUMNS = ["cube", ...MEMBER_COLUMNS];
const IS_KEY = COLUMNS.map((column) => (column === "cube" ? "cube = ?" : `ifnull(${column}, x'') = ifnull(?, x'')`));
const CELL = "cube_level = ? AND hour = ? AND key_id = ?";

/** The tables of counts over one connection. What writes is to be called in a transaction. */
export class CountTables {
  readonly #statements = new Map<string, Statement>();
  #exist = false;

  constructor(private readonly connection: Database) {}

  /** False for a schema without counts, which `migrate: "off"` leaves as it is. */
  exist(): boolean {
    const found = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'audit_count_state'";
    this.#exist ||= this.connection.prepare(found).get() !== undefined;
    return this.#exist;
  }

  /** @returns `undefined` where there are no counts, or where they were damaged */
  state(): CountState | undefined {
    if (!this.exist()) return undefined;
    return this.#prepared("SELECT folded_seq AS foldedSeq, generation FROM audit_count_state").get() as
      | CountState
      | undefined;
  }

  /** How much is counted, of one moment; `undefined` as {@link state}. */
  look(): Look | undefined {
    if (!this.exist()) return undefined;
    const { folded, newest } = this.#prepared(LOOK).get() as { folded: unknown; newest: unknown };
    // Any program that opens the file can write anything into the table of sequences, which has no types.
    if (typeof folded !== "number" || (newest !== null && typeof newest !== "number")) return undefined;
    return { folded, newest: newest ?? 0, backlog: Math.max(0, (newest ?? 0) - folded) };
  }

  moveTo(seq: number): void {
    this.#prepared("UPDATE audit_count_state SET folded_seq = ?").run(seq);
  }

  /** What was computed of events that are not counted yet is void. */
  raiseGeneration(): void {
    this.#prepared("UPDATE audit_count_state SET generation = generation + 1").run();
  }

  /** Begins anew, in a moment: SQLite empties a table without a look at its rows. */
  empty(): void {
    const generation = this.state()?.generation ?? 0;
    this.connection.exec("DELETE FROM audit_counts; DELETE FROM audit_count_keys; DELETE FROM audit_count_state");
    this.#prepared("INSERT INTO audit_count_state VALUES (1, 0, ?)").run(generation + 1);
  }

  findKey({ cube, members }: Pick<CountKey, "cube" | "members">): number | undefined {
    const sql = `SELECT id FROM audit_count_keys WHERE ${IS_KEY.join(" AND ")}`;
    return (this.#prepared(sql).get(cube, ...members) as { id: number } | undefined)?.id;
  }

  /** The id of a key, which is stored when it is new. */
  keyId(key: Pick<CountKey, "cube" | "members">): number {
    const found = this.findKey(key);
    if (found !== undefined) return found;
    const places = COLUMNS.map(() => "?").join(", ");
    const insert = this.#prepared(`INSERT INTO audit_count_keys (${COLUMNS.join(", ")}) VALUES (${places})`);
    return Number(insert.run(key.cube, ...key.members).lastInsertRowid);
  }

  /** Removes keys that no cell has. What was computed with them is void. */
  removeKeys(ids: readonly number[]): void {
    const remove = this.#prepared("DELETE FROM audit_count_keys WHERE id = ?");
    for (const id of ids) remove.run(id);
    this.raiseGeneration();
  }

  /** Adds to cells, again and again. */
  adding(): Statement<CellValues> {
    return this.#prepared(
      `INSERT INTO audit_counts (cube_level, hour, key_id, events, payload_bytes) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (cube_level, hour, key_id) DO UPDATE
       SET events = events + excluded.events, payload_bytes = payload_bytes + excluded.payload_bytes`,
    ) as Statement<CellValues>;
  }

  /** Takes out of a cell, and removes it when nothing is left. */
  subtract(cubeLevel: number, hour: number, keyId: number, events: number, payloadBytes: number): void {
    const cell = this.#prepared(
      `UPDATE audit_counts SET events = events - ?, payload_bytes = payload_bytes - ? WHERE ${CELL} RETURNING events`,
    ).get(events, payloadBytes, cubeLevel, hour, keyId) as { events: number } | undefined;
    if (cell?.events === 0) this.#prepared(`DELETE FROM audit_counts WHERE ${CELL}`).run(cubeLevel, hour, keyId);
  }

  #prepared(sql: string): Statement {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}
