import type { Sql } from "../driver/pool.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { factsSql, rowsSql } from "./facts-sql.js";

/** What can be said of a schema, by the name of what it is said of: `column agent_registry.name`, `rows of leases`, ... */
type Facts = ReadonlyMap<string, string>;

/** A schema at one moment. */
export interface SchemaFacts {
  /** Equal at two moments at which all facts are equal. */
  readonly digest: string;
  /** The same of what any write changes: rows, and numbers taken from sequences. */
  readonly rowsDigest: string;
  /** What a case must leave as it found it. */
  readonly fixed: Facts;
  /** What the product itself changes and emptying the tables does not set back. */
  readonly wearing: Facts;
}

/** Reads the facts of one schema again and again. */
export class SchemaReader {
  private constructor(
    private readonly facts: string,
    private readonly rows: string,
    /** Tables that hold rows before any case does something. */
    readonly filled: readonly string[],
    readonly timescale: boolean,
  ) {}

  /** To be called when the schema has just been migrated. */
  static async of(sql: Sql, schema: string): Promise<SchemaReader> {
    const [found] = await sql<{ timescale: boolean }[]>`
      SELECT to_regclass('timescaledb_information.continuous_aggregates') IS NOT NULL AS timescale`;
    const tables = await sql<{ name: string }[]>`
      SELECT relname AS name FROM pg_class
      WHERE relnamespace = to_regnamespace(${quoteIdentifier(schema)}) AND relkind = 'r' AND pg_relation_size(oid) > 0`;
    const filled = tables.map(({ name }) => name);
    const timescale = found?.timescale === true;
    return new SchemaReader(factsSql(schema, filled, timescale), rowsSql(schema, filled), filled, timescale);
  }

  async read(sql: Sql): Promise<SchemaFacts> {
    const [digest, rowsDigest] = [await this.digest(sql), await this.rowsDigest(sql)];
    const rows = await sql.unsafe<{ kind: string; what: string; states: string }[]>(
      `SELECT kind, what, string_agg(state, ';' ORDER BY state) AS states FROM (${this.facts}) AS facts
       GROUP BY kind, what ORDER BY what`,
    );
    const of = (wanted: string): Facts =>
      new Map(rows.filter(({ kind }) => kind === wanted).map(({ what, states }) => [what, states]));
    return { digest, rowsDigest, fixed: of("fixed"), wearing: of("wearing") };
  }

  /** Costs less than {@link read}, since the facts themselves stay on the server. */
  digest(sql: Sql): Promise<string> {
    return digestOf(sql, this.facts);
  }

  /** Costs a fraction of {@link digest}. */
  rowsDigest(sql: Sql): Promise<string> {
    return digestOf(sql, this.rows);
  }
}

async function digestOf(sql: Sql, facts: string): Promise<string> {
  const [row] = await sql.unsafe<{ digest: string }[]>(
    // In whatever order they come: to sort hundreds of them takes as long as to read them.
    `SELECT concat_ws(' ', count(*), sum(hashtextextended(concat_ws('|', kind, what, state), 0)),
       sum(hashtextextended(concat_ws('|', kind, what, state), 1))) AS digest FROM (${facts}) AS facts`,
    [],
    // Planning it takes longer than answering it; the driver prepares nothing that has no parameters unless told.
    { prepare: sql.options.prepare, simple: false } as object,
  );
  return row?.digest ?? "";
}

/** In words: what was added, removed or changed between two moments. */
export function differences(before: Facts, after: Facts): string[] {
  const added = [...after.keys()].filter((what) => !before.has(what)).map((what) => `${what} was added`);
  const others = [...before].flatMap(([what, state]) => {
    if (!after.has(what)) return [`${what} was removed`];
    return after.get(what) === state ? [] : [`${what} was changed`];
  });
  return [...added, ...others];
}
