import type { ParsedMetricDimension, ParsedMetricQuery } from "@agent-assembly/storage-core/backend";
import { textArray } from "../sql/array-literal.js";
import type { Bindings } from "../sql/bindings.js";
import { toStoredJson, toStoredText } from "../sql/stored-json.js";
import type { MetricTables } from "./tables.js";
import { hashOfAll } from "./totals-sql.js";

/** A dimension of a row with the columns of a sample. @param alias of the row */
export function dimensionOf(dimension: ParsedMetricDimension, alias: string, bindings: Bindings): string {
  switch (dimension.kind) {
    case "agentId":
      return `${alias}.agent_id`;
    case "teamId":
      return `${alias}.team_id`;
    case "label":
      return `${alias}.labels ->> ${bindings.bind(toStoredText(dimension.label), "text")}`;
  }
}

/** Whether a query asks for some series of its metric only. */
export function picksSeries({ agentIds, teamIds, labels, keys }: ParsedMetricQuery): boolean {
  return agentIds !== undefined || teamIds !== undefined || keys !== undefined || Object.keys(labels).length > 0;
}

/** The conditions of a query on a row with the columns of a sample, but for the time. @param alias of the row */
export function ofSeries(query: ParsedMetricQuery, alias: string, bindings: Bindings): string[] {
  const { metric, agentIds, teamIds, labels } = query;
  const parts = [`${alias}.metric = ${bindings.bind(metric, "text")}`];
  if (agentIds !== undefined) parts.push(`${alias}.agent_id = ANY (${bindings.bind(textArray(agentIds), "text[]")})`);
  if (teamIds !== undefined) parts.push(`${alias}.team_id = ANY (${bindings.bind(textArray(teamIds), "text[]")})`);
  if (Object.keys(labels).length > 0) {
    parts.push(`${alias}.labels @> ${bindings.bind(toStoredJson(JSON.stringify(labels)), "jsonb")}`);
  }
  return [...parts, ...ofGroups(query, alias, bindings)];
}

/** Keeps to the groups that a query wants, where it does not want all. */
function ofGroups({ groupBy, keys }: ParsedMetricQuery, alias: string, bindings: Bindings): string[] {
  if (keys === undefined || groupBy.length === 0) return [];
  const columns = groupBy.map((dimension, i) => {
    const values = keys.map((key) => key[i] ?? null);
    const stored = dimension.kind === "label" ? values.map((value) => value && toStoredText(value)) : values;
    return bindings.bind(textArray(stored), "text[]");
  });
  const equal = groupBy.map(
    (dimension, i) => `k.v${i} IS NOT DISTINCT FROM ${dimensionOf(dimension, alias, bindings)}`,
  );
  const names = groupBy.map((_, i) => `v${i}`).join(", ");
  return [`EXISTS (SELECT FROM unnest(${columns.join(", ")}) AS k (${names}) WHERE ${equal.join(" AND ")})`];
}

/** The id of the row that stands for all samples of a query's metric, as a subquery; `NULL` where it has no totals. */
export function allSamples(tables: MetricTables, { metric }: ParsedMetricQuery, bindings: Bindings): string {
  return `(SELECT a.id FROM ${tables.series} AS a WHERE a.hash = ${hashOfAll(bindings.bind(metric, "text"))})`;
}
