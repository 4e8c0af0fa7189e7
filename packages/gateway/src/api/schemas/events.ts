import { z } from "zod";
import { anyOf, bucketQuery, count, instant, json, pageOf, pageQuery, text, time } from "./common.js";

/** Characters of the arguments that a row of a list shows. */
export const PREVIEW_LENGTH = 120;

const members = {
  ts: time.describe("When it happened"),
  recordedAt: time.describe("When the store took it in"),
  eventId: z.uuid().describe("With `ts` the identity of the event"),
  agentId: z.string(),
  teamId: z.string().optional(),
  orgId: z.string().optional(),
  sessionId: z.string().optional(),
  traceId: z.string().optional(),
  action: z.string().describe("Such as tool_call, policy_decision, model_call, approval or governance"),
  decision: z.string().describe("Such as allow, deny, shadow, pending, error or observed"),
  dryRun: z.boolean(),
  shadowDecision: z.string().optional(),
  matchedRuleId: z.string().optional(),
};

/** A whole event. */
export const auditEvent = z
  .strictObject({ ...members, payload: json.optional() })
  .meta({ id: "AuditEvent", description: "What an agent did, or what was decided about it, at one instant." });

/** An event in a list. */
export const eventRow = z
  .strictObject({
    ...members,
    tool: z.string().optional().describe("The payload's `tool`"),
    preview: z
      .string()
      .max(PREVIEW_LENGTH)
      .optional()
      .describe(
        `The first ${PREVIEW_LENGTH} characters of the payload's \`arguments\` as JSON text, or of all of it where it has none; absent without a payload`,
      ),
    payload: json.optional().describe("Only with `payloads=full`"),
  })
  .meta({ id: "EventRow", description: "An event without its payload, which is read by key." });

/** An event as it is sent. */
export const newEvent = z
  .strictObject({
    ts: z.iso.datetime({ offset: true }).describe("When it happened; digits beyond milliseconds are cut"),
    eventId: z.uuid().optional().describe("Default: a new UUID version 7. Give one to make a repetition harmless"),
    agentId: text,
    teamId: text.optional().describe("Default: the team of the token"),
    orgId: text.optional(),
    sessionId: text.optional(),
    traceId: text.optional(),
    action: text,
    decision: text,
    dryRun: z.boolean().optional(),
    shadowDecision: text.optional(),
    matchedRuleId: text.optional(),
    payload: json.optional().describe("By convention `tool`, `arguments` and `result`"),
  })
  .meta({ id: "NewAuditEvent" });

/** The events of a request. Each is checked alone, so that one bad event is rejected alone. */
export const sentEvents = z.array(newEvent) as unknown as z.ZodType<readonly SentEvent[]>;

/** One event of a request, or why it is none. */
export type SentEvent = { readonly event: unknown } | { readonly reason: string };

/** The outcome of an append. */
export const appendResult = z
  .strictObject({
    inserted: count,
    duplicates: count.describe("Stored before with the same content"),
    rejected: z.array(
      z.strictObject({
        index: count.describe("Position in the request, from 0; of NDJSON the number of the line, empty ones left out"),
        code: z.enum(["invalid_argument", "too_large", "out_of_range", "conflict"]),
        reason: z.string(),
      }),
    ),
  })
  .meta({ id: "AppendResult", description: "Everything that is not rejected is durable." });

/** The conditions on events, in a query. */
export const eventFilterQuery = {
  from: instant.optional().describe("Inclusive; ISO 8601"),
  to: instant.optional().describe("Exclusive; ISO 8601"),
  eventId: anyOf.optional(),
  agentId: anyOf.optional(),
  teamId: anyOf.optional(),
  orgId: anyOf.optional(),
  sessionId: anyOf.optional(),
  traceId: anyOf.optional(),
  action: anyOf.optional(),
  decision: anyOf.optional(),
  shadowDecision: anyOf.optional(),
  matchedRuleId: anyOf.optional(),
  tool: anyOf.optional().describe("The payload's `tool`"),
  dryRun: z.boolean().optional().describe("Whether the action was only evaluated"),
  payload: z
    .array(z.string().max(4096))
    .max(100)
    .optional()
    .describe(
      'Equality inside the payload: a JSON Pointer, `=` and a JSON scalar, as in `/arguments/user_id="mia"`. What is no JSON is taken as a text; `%` and `=` in the pointer are written `%25` and `%3D`',
    ),
};

const order = z.enum(["newest", "oldest"]);

const payloads = z
  .enum(["preview", "full"])
  .optional()
  .describe("`full`: rows carry their payloads; default `preview`");

/** GET /events */
export const listEventsQuery = z.strictObject({
  ...eventFilterQuery,
  ...pageQuery,
  order: order.optional().describe("By time; default newest first"),
  payloads,
});

/** A page of rows. */
export const eventPage = pageOf(eventRow).meta({ id: "EventPage" });

/** The key of an event, in a path. */
export const eventKey = z.strictObject({
  ts: instant,
  eventId: z.uuid(),
});

/** What summaries count by. */
export const groupByQuery = z
  .array(text)
  .max(32)
  .optional()
  .describe(
    "agentId, teamId, orgId, sessionId, action, decision, dryRun, matchedRuleId, tool or agent.metadata.KEY; repeat it for several",
  );

/** GET /events/summary */
export const summaryQuery = z.strictObject({
  ...eventFilterQuery,
  groupBy: groupByQuery,
  ...bucketQuery,
  includeDropped: z.boolean().optional().describe("Count also what retention has dropped; default false"),
  budgetMs: z
    .int()
    .min(10)
    .max(60_000)
    .optional()
    .describe(
      "Counts from the newest events back for about this long; an answer that did not reach the oldest is a lower bound. Default: counts all",
    ),
});

/** One group. */
export const summaryRow = z
  .strictObject({
    bucket: time.optional().describe("Start of the bucket; absent without buckets"),
    key: z.record(z.string(), z.union([z.string(), z.boolean(), z.null()])),
    count,
  })
  .meta({ id: "SummaryRow" });

/** The answer to a summary. */
export const summary = z
  .strictObject({
    items: z.array(summaryRow),
    lowerBound: z.boolean().describe("Whether the budget ended before all was counted, so that counts may be higher"),
    countedFrom: time.optional().describe("Of a lower bound: events since this time are counted, older ones are not"),
  })
  .meta({ id: "Summary" });

/** GET /events/explain */
export const explainQuery = z.strictObject({ ...eventFilterQuery, groupBy: groupByQuery, ...bucketQuery });

/** Without an end of time in the question, the end of a span lies behind the year 9999. */
const edge = z.string().describe("ISO 8601; of an open end +010000-01-01T00:00:00.000Z");
const span = { from: edge, to: edge };

/** What a summary would read. */
export const explanation = z
  .strictObject({
    source: z.enum(["counts", "events", "both"]),
    countedBy: z.array(z.string()),
    counts: z
      .array(z.strictObject({ ...span, by: z.string() }))
      .describe("Kept counts; at its ends they may have more than the range, see `subtracted`"),
    subtracted: z
      .array(z.strictObject(span))
      .optional()
      .describe(
        "Ends of `counts` outside of the range, whose events are read and taken off; absent where there are none",
      ),
    events: z.array(z.strictObject(span)).describe("Ranges whose events are read one by one"),
    uncounted: count,
  })
  .meta({ id: "SummaryExplanation" });

/** GET /events/export */
export const exportQuery = z.strictObject({
  ...eventFilterQuery,
  format: z.enum(["ndjson", "csv", "parquet"]).optional().describe("Default ndjson"),
  order: order.optional().describe("By time; default oldest first"),
  recordedAt: z.boolean().optional().describe("Adds `recordedAt` to NDJSON and CSV; default false"),
});

/** GET /events/tail */
export const tailQuery = z.strictObject({
  ...eventFilterQuery,
  after: z
    .string()
    .max(4096)
    .optional()
    .describe("A position to resume after, for clients that cannot send `Last-Event-ID`, which is preferred"),
  payloads,
});
