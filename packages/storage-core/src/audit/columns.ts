/** How the value of a column is stored: `timestamp` in milliseconds since the epoch, `json` as JSON text. */
export type AuditColumnType = "timestamp" | "uuid" | "text" | "boolean" | "json";

/** One member of an audit event, as every layer sees it. */
export interface AuditColumn {
  /** Its name in events, rows, filters, JSON and CSV. */
  readonly member: string;
  /** Its name in the table `audit_events` and in archived Parquet files. */
  readonly column: string;
  readonly type: AuditColumnType;
  /** Whether an event may lack the member. */
  readonly nullable: boolean;
  /** Short name for people: a table heading, and in kebab case the command-line option. */
  readonly label: string;
  /** What the member is, for help texts. */
  readonly description: string;
  /** Default `"caller"`. A value of `"store"` is set by the backend; one of `"payload"` is derived from the payload. */
  readonly origin?: "store" | "payload";
  /** Whether filters compare it; default `false`. */
  readonly filter?: true;
  /** Whether summaries count by it; default `false`. */
  readonly dimension?: true;
}

/**
 * The columns of an audit event, in the order in which statements list them. Row types, column lists, filters, dimensions,
 * tables, Parquet and CSV columns, and command-line options derive from this list.
 *
 * To add a nullable text: an entry at the end, the member of `AuditEvent`, the lines that then do not compile, and a migration
 * for each backend. Archives without the column stay readable.
 */
// biome-ignore format: a table is easier to compare
export const AUDIT_EVENT_COLUMNS = [
  { member: "ts", column: "ts", type: "timestamp", nullable: false, label: "time", description: "when it happened" },
  { member: "recordedAt", column: "recorded_at", type: "timestamp", nullable: false, label: "recorded", description: "when the store took it in", origin: "store" },
  { member: "eventId", column: "event_id", type: "uuid", nullable: false, label: "eventId", description: "event id", filter: true },
  { member: "agentId", column: "agent_id", type: "text", nullable: false, label: "agent", description: "agent id", filter: true, dimension: true },
  { member: "teamId", column: "team_id", type: "text", nullable: true, label: "team", description: "team id", filter: true, dimension: true },
  { member: "orgId", column: "org_id", type: "text", nullable: true, label: "org", description: "organisation id", filter: true, dimension: true },
  { member: "sessionId", column: "session_id", type: "text", nullable: true, label: "session", description: "session id", filter: true, dimension: true },
  { member: "traceId", column: "trace_id", type: "text", nullable: true, label: "trace", description: "trace id", filter: true },
  { member: "action", column: "action", type: "text", nullable: false, label: "action", description: "action such as tool_call or policy_decision", filter: true, dimension: true },
  { member: "decision", column: "decision", type: "text", nullable: false, label: "decision", description: "decision such as allow or deny", filter: true, dimension: true },
  { member: "dryRun", column: "dry_run", type: "boolean", nullable: false, label: "dryRun", description: "not carried out", filter: true, dimension: true },
  { member: "shadowDecision", column: "shadow_decision", type: "text", nullable: true, label: "shadowDecision", description: "what a shadowed policy would have decided", filter: true },
  { member: "matchedRuleId", column: "matched_rule_id", type: "text", nullable: true, label: "rule", description: "id of the matched rule", filter: true, dimension: true },
  { member: "tool", column: "tool", type: "text", nullable: true, label: "tool", description: "the payload's tool", origin: "payload", filter: true, dimension: true },
  { member: "payload", column: "payload", type: "json", nullable: true, label: "payload", description: "any JSON value" },
] as const satisfies readonly AuditColumn[];

/** One of {@link AUDIT_EVENT_COLUMNS}. */
export type AuditEventColumn = (typeof AUDIT_EVENT_COLUMNS)[number];

/** A member of a row. */
export type AuditMember = AuditEventColumn["member"];

type With<Properties> = Extract<AuditEventColumn, Properties>["member"];

/** A member that only some events have, a text given by the caller. */
export type OptionalTextMember = Exclude<With<{ nullable: true; type: "text" }>, With<{ origin: string }>>;

/** A member of a filter that compares one stored text. */
export type AuditTextField = With<{ type: "text" | "uuid"; filter: true }>;

/** A member that summaries count by. */
export type AuditDimension = With<{ dimension: true }>;

type RowValue<Column extends AuditColumn> =
  | (Column["type"] extends "timestamp" ? number : Column["type"] extends "boolean" ? boolean : string)
  | (Column["nullable"] extends true ? null : never);

/** The type of each member of a row. */
export type AuditRowMembers = { readonly [Column in AuditEventColumn as Column["member"]]: RowValue<Column> };

const COLUMNS: readonly (AuditColumn & { readonly member: AuditMember })[] = AUDIT_EVENT_COLUMNS;

/** The column of each member. */
export const AUDIT_COLUMN_OF = Object.fromEntries(COLUMNS.map(({ member, column }) => [member, column])) as {
  readonly [Column in AuditEventColumn as Column["member"]]: Column["column"];
};

/** The members that a caller gives; the store sets or derives the others. */
export const CALLER_MEMBERS = COLUMNS.filter(({ origin }) => origin === undefined).map(({ member }) => member);

/** The members that only some events have, texts given by the caller. */
export const OPTIONAL_TEXT_MEMBERS = COLUMNS.filter(
  ({ nullable, type, origin }) => nullable && type === "text" && origin === undefined,
).map(({ member }) => member) as readonly OptionalTextMember[];

/** The members of a filter that compare one stored text. */
export const AUDIT_TEXT_FIELDS = COLUMNS.filter(
  ({ type, filter }) => filter === true && (type === "text" || type === "uuid"),
).map(({ member }) => member) as readonly AuditTextField[];
