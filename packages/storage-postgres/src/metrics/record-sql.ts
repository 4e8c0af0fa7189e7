import type { MetricDefinition } from "@agent-assembly/storage-core";
import type { SampleRow } from "@agent-assembly/storage-core/backend";
import type { Statement } from "../driver/statement.js";
import { plainArray, textArray } from "../sql/array-literal.js";
import { toStoredJson } from "../sql/stored-json.js";
import { toTimestamp } from "../sql/timestamps.js";
import type { MetricTables } from "./tables.js";
import { EXACT_SUM, hourOf, lastOf, SAMPLE_COLUMNS, SAMPLE_SUMS } from "./totals-sql.js";

/** The answer of {@link recordSamples}. */
export type RecordedRow = readonly [
  /** Whether the definitions in force are the ones given; nothing was stored otherwise. */
  agreed: boolean,
  /** Rows of pending totals. */
  pending: string,
];

/**
 * Stores samples and what they add up to, in one statement: whatever is seen of it, all of it is seen.
 * @param definitions by name; none for a metric that has none
 */
export function recordSamples(
  tables: MetricTables,
  samples: readonly SampleRow[],
  definitions: ReadonlyMap<string, MetricDefinition>,
): Statement {
  const names = [...new Set(samples.map(({ metric }) => metric))];
  const given = names.map((name) => definitions.get(name));
  const source = `SELECT * FROM unnest($1::timestamptz[], $2::float8[], $3::text[], $4::text[], $5::text[], $6::jsonb[])
      AS s (${SAMPLE_COLUMNS})`;
  return {
    text: recordFrom(tables, source, "unnest($7::text[], $8::text[], $9::text[], $10::integer[])"),
    values: [
      plainArray(samples.map(({ ts }) => toTimestamp(ts))),
      plainArray(samples.map(({ value }) => value)),
      textArray(samples.map(({ metric }) => metric)),
      textArray(samples.map(({ agentId }) => agentId)),
      textArray(samples.map(({ teamId }) => teamId)),
      textArray(samples.map(({ labels }) => toStoredJson(JSON.stringify(labels)))),
      textArray(names),
      textArray(given.map((definition) => definition?.kind ?? null)),
      textArray(given.map((definition) => definition?.unit ?? null)),
      plainArray(given.map((definition) => definition?.decimals ?? null)),
    ],
  };
}

/**
 * Stores the samples that a query yields.
 *
 * Nothing is declared while the statement runs: an insert of no rows locks the table of definitions against the one lock that
 * `define` takes, and not against other writers or a dump, and needs no right to change what is declared.
 * @param source a query for {@link SAMPLE_COLUMNS}
 * @param definitions what yields name, kind, unit and decimals of the metrics, as the samples were checked
 */
export function recordFrom(tables: MetricTables, source: string, definitions: string): string {
  const [sum, largeSum] = SAMPLE_SUMS;
  return `WITH gate AS (INSERT INTO ${tables.definitions} (name, kind, defined_at) SELECT '', 'gauge', now() WHERE false RETURNING 1),
    given AS MATERIALIZED (SELECT * FROM ${definitions} AS g (name, kind, unit, decimals)),
    agreed AS MATERIALIZED (
      SELECT NOT EXISTS (SELECT FROM gate) AND NOT EXISTS (
        SELECT FROM given AS g LEFT JOIN ${tables.definitions} AS d USING (name)
        WHERE (g.kind, g.unit, g.decimals) IS DISTINCT FROM (d.kind, d.unit, d.decimals)) AS yes),
    samples AS MATERIALIZED (SELECT ${SAMPLE_COLUMNS} FROM (${source}) AS s, agreed WHERE agreed.yes),
    recorded AS (INSERT INTO ${tables.samples} (${SAMPLE_COLUMNS}) SELECT ${SAMPLE_COLUMNS} FROM samples),
    added AS (
      INSERT INTO ${tables.pending} (metric, agent_id, team_id, labels, bucket, samples, sum, large_sum, exact, min, max,
        first_ts, last_ts, last_value)
      SELECT m.metric, m.agent_id, m.team_id, m.labels, ${hourOf("m.ts")}, count(*), coalesce(${sum}, 0), coalesce(${largeSum}, 0),
        ${EXACT_SUM} FILTER (WHERE g.decimals IS NOT NULL), min(m.value), max(m.value),
        min(m.ts), max(m.ts), ${lastOf("m.ts", "m.value")}[2]
      FROM samples AS m LEFT JOIN given AS g ON g.name = m.metric
      GROUP BY m.metric, m.agent_id, m.team_id, m.labels, ${hourOf("m.ts")} RETURNING 1)
    SELECT agreed.yes, (SELECT count(*) FROM added) FROM agreed`;
}
