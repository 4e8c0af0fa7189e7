import { anySignal } from "@agent-assembly/storage-core/backend";
import { filterShown } from "../../access/payload-reads.js";
import { jsonAnswer } from "../routing/answers.js";
import { defineRoute, type Route } from "../routing/route.js";
import { visible } from "../routing/team.js";
import * as schemas from "../schemas/events.js";
import { appendSent, MAX_EVENTS, readEvents } from "./append.js";
import { newEventExample } from "./examples.js";
import { exportAnswer } from "./export.js";
import { bucketOf, filterOf, summaryRequest } from "./filter.js";
import { eventRow } from "./rows.js";
import { eventStream } from "./sse.js";
import { summarizeWithin } from "./summary.js";
import { tailMessages } from "./tail.js";

const HEARTBEAT_MS = 15_000;
const RETRY_MS = 2000;

/** The routes of the audit log. */
export const EVENT_ROUTES: readonly Route[] = [
  defineRoute({
    method: "POST",
    path: "/events",
    id: "appendEvents",
    tag: "events",
    summary: "Store events",
    description: `Answers when the events are durable. A bad one is rejected alone. At most ${MAX_EVENTS}; an \`eventId\` makes a repetition harmless.`,
    scopes: ["ingest"],
    team: "own",
    body: {
      schema: schemas.sentEvents,
      example: [newEventExample],
      mediaTypes: ["application/json", "application/x-ndjson"],
      read: readEvents,
    },
    answers: { 200: { description: "What was stored, and what was rejected", schema: schemas.appendResult } },
    handle: async ({ context, identity, body }) => jsonAnswer(await appendSent(context, identity, body)),
  }),
  defineRoute({
    method: "GET",
    path: "/events",
    id: "listEvents",
    tag: "events",
    summary: "List events",
    description: "Pages by keyset: their cost does not grow with depth.",
    scopes: ["read"],
    team: "own",
    query: schemas.listEventsQuery,
    answers: { 200: { description: "A page of rows", schema: schemas.eventPage } },
    async handle({ context, identity, reads, query: { limit, cursor, order, payloads, ...asked } }) {
      const filter = filterOf(identity, asked);
      const page = await context.storage.audit.query(filter, { limit, cursor, order });
      // A row shows the beginning of its payload. That none has a value is told by an empty page, too.
      if (page.items.length > 0 || filter.payload !== undefined) {
        await reads?.answered({ events: page.items.length, filter: filterShown(filter) });
      }
      return jsonAnswer({ ...page, items: page.items.map((event) => eventRow(event, payloads === "full")) });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/events/summary",
    id: "summarizeEvents",
    tag: "events",
    summary: "Count events by bucket and member",
    description: "Without `groupBy` and `every` it is one count.",
    scopes: ["read"],
    team: "own",
    query: schemas.summaryQuery,
    answers: { 200: { description: "Ordered by bucket, then by the members asked for", schema: schemas.summary } },
    async handle({ context, identity, reads, query }) {
      const { groupBy, every, timeZone, includeDropped, budgetMs, ...filter } = query;
      const { audit } = context.storage;
      const request = summaryRequest({ groupBy, bucket: bucketOf({ every, timeZone }), includeDropped });
      const wanted = filterOf(identity, filter);
      // A count tells whether payloads have a value.
      if (wanted.payload !== undefined) await reads?.answered({ filter: filterShown(wanted) });
      if (budgetMs === undefined || includeDropped === true) {
        return jsonAnswer({ items: await audit.summarize(wanted, request), lowerBound: false });
      }
      return jsonAnswer(await summarizeWithin(audit, wanted, request, { budgetMs, now: context.now }));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/events/explain",
    id: "explainSummary",
    tag: "events",
    summary: "What a summary would read",
    description: "Tells whether counts are kept for the question, or events are read one by one. Reads none of them.",
    scopes: ["read"],
    team: "own",
    query: schemas.explainQuery,
    answers: { 200: { description: "What the answer is made of", schema: schemas.explanation } },
    async handle({ context, identity, query: { groupBy, every, timeZone, ...filter } }) {
      const request = summaryRequest({ groupBy, bucket: bucketOf({ every, timeZone }) });
      return jsonAnswer(await context.storage.audit.explain(filterOf(identity, filter), request));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/events/export",
    id: "exportEvents",
    tag: "events",
    summary: "Export all events of a filter",
    description: "Streamed in bounded memory, without a cap. A failure on the way breaks the connection off.",
    scopes: ["read"],
    team: "own",
    query: schemas.exportQuery,
    answers: {
      200: {
        description: "A file",
        mediaTypes: ["application/x-ndjson", "text/csv", "application/vnd.apache.parquet"],
      },
    },
    async handle({ context, identity, reads, signal, query }) {
      const { format = "ndjson", order = "oldest", recordedAt = false, ...asked } = query;
      const filter = filterOf(identity, asked);
      const abort = new AbortController();
      const ends = anySignal([signal, context.closing, abort.signal]);
      const events = context.storage.audit.stream(filter, { order, signal: ends });
      const begin = reads && (() => reads.begin({ filter: filterShown(filter) }));
      return exportAnswer(events, { format, recordedAt, abort, begin });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/events/tail",
    id: "tailEvents",
    tag: "events",
    summary: "Follow new events",
    description:
      "Server-sent events in commit order. The first one, `position`, has only an id; `audit` has a row, and its id is its position. A client that reconnects with `Last-Event-ID` misses none and gets none twice. `end`: the server stops, reconnect later; `problem`: reconnecting with this position does not help.",
    scopes: ["read"],
    team: "own",
    query: schemas.tailQuery,
    headers: { "Last-Event-ID": "Position of the last event seen; resumes after it" },
    answers: { 200: { description: "A stream that stays open", mediaTypes: ["text/event-stream"] } },
    async handle({ context, identity, reads, headers, signal, query: { after, payloads, ...asked } }) {
      const filter = filterOf(identity, asked);
      const gone = new AbortController();
      // Before the position is taken: a tail from now on does not begin with the record of itself.
      const read = await reads?.begin({ filter: filterShown(filter) });
      let given = 0;
      const messages = await tailMessages(context.storage, {
        filter,
        onEvent: () => given++,
        after: headers.get("last-event-id") ?? after,
        full: payloads === "full",
        signal: anySignal([signal, context.closing, gone.signal]),
      }).catch(async (error: unknown) => {
        await read?.ended(0);
        throw error;
      });
      const onClose = async (): Promise<void> => {
        gone.abort();
        await read?.ended(given);
      };
      return eventStream(messages, { heartbeatMs: HEARTBEAT_MS, retryMs: RETRY_MS, onClose });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/events/{ts}/{eventId}",
    id: "getEvent",
    tag: "events",
    summary: "Read one event with its payload",
    scopes: ["read"],
    team: "own",
    params: schemas.eventKey,
    answers: { 200: { description: "The whole event", schema: schemas.auditEvent } },
    async handle({ context, identity, reads, params: { ts, eventId } }) {
      const filter = { from: ts, to: new Date(ts.getTime() + 1), eventId };
      const { items } = await context.storage.audit.query(filter, { limit: 1 });
      const event = visible(identity, items[0], "event with this time and id");
      await reads?.answered({ events: 1, filter: filterShown(filter) });
      return jsonAnswer(event);
    },
  }),
];
