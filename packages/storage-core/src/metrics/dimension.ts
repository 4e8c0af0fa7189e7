/** What a metric query groups by: a member, or a label such as `labels.model`. */
export type MetricDimension = "agentId" | "teamId" | `labels.${string}`;
