import { planRetention } from "@agent-assembly/retention";
import type { LegalHold } from "@agent-assembly/storage-core";
import { jsonAnswer } from "../routing/answers.js";
import { defineRoute, type Route } from "../routing/route.js";
import * as schemas from "../schemas/retention.js";
import { retentionOf } from "./retention-of.js";

const TAG = "retention";

/** The routes of retention, legal holds and archives. */
export const RETENTION_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    path: "/retention/plan",
    id: "planRetention",
    tag: TAG,
    summary: "What a retention run would do now",
    description: "Changes nothing. Counts rows, which takes longer the more there are.",
    scopes: ["read"],
    team: "refused",
    answers: { 200: { description: "The plan, oldest partition first", schema: schemas.retentionPlan } },
    errors: { 501: "The gateway was started without a retention policy" },
    async handle({ context, signal }) {
      const { policy } = retentionOf(context);
      return jsonAnswer(await planRetention(context.storage, policy, { now: new Date(context.now()), signal }));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/retention/runs",
    id: "listRetentionRuns",
    tag: TAG,
    summary: "List the last runs",
    scopes: ["read"],
    team: "refused",
    query: schemas.listRunsQuery,
    answers: { 200: { description: "Newest first", schema: schemas.retentionRunList } },
    handle: async ({ context, query }) => jsonAnswer({ items: await context.storage.retentionSupport.runs(query) }),
  }),
  defineRoute({
    method: "GET",
    path: "/retention/partitions",
    id: "listPartitions",
    tag: TAG,
    summary: "List the partitions of the audit log or of the metrics",
    scopes: ["read"],
    team: "refused",
    query: schemas.listPartitionsQuery,
    answers: { 200: { description: "Oldest first", schema: schemas.partitionList } },
    handle: async ({ context, query: { dataset = "audit" } }) =>
      jsonAnswer({ items: await context.storage.partitions.list(dataset) }),
  }),
  defineRoute({
    method: "GET",
    path: "/retention/holds",
    id: "listHolds",
    tag: TAG,
    summary: "List legal holds",
    scopes: ["read"],
    team: "refused",
    query: schemas.listHoldsQuery,
    answers: { 200: { description: "Oldest first", schema: schemas.legalHoldList } },
    handle: async ({ context, query }) => jsonAnswer({ items: await context.storage.holds.list(query) }),
  }),
  defineRoute({
    method: "POST",
    path: "/retention/holds",
    id: "placeHold",
    tag: TAG,
    summary: "Place a legal hold",
    description: "In force when it is answered: no process deletes what it covers from then on.",
    scopes: ["admin"],
    team: "refused",
    body: {
      schema: schemas.newLegalHold,
      example: { agentId: "support-bot", from: "2026-11-01T00:00:00Z", reason: "case 2026-117" },
    },
    answers: { 201: { description: "The hold", schema: schemas.legalHold } },
    async handle({ context, identity, body }) {
      const hold: LegalHold = await context.storage.holds.place({ ...body, actor: identity.name });
      return jsonAnswer(hold, { status: 201 });
    },
  }),
  defineRoute({
    method: "POST",
    path: "/retention/holds/{holdId}/release",
    id: "releaseHold",
    tag: TAG,
    summary: "Release a legal hold",
    scopes: ["admin"],
    team: "refused",
    params: schemas.holdPath,
    body: { schema: schemas.releaseHold, example: { reason: "case closed" } },
    answers: { 200: { description: "The hold, released", schema: schemas.legalHold } },
    errors: { 404: "There is no such hold", 409: "It was released before" },
    handle: async ({ context, identity, params: { holdId }, body: { reason } }) =>
      jsonAnswer(await context.storage.holds.release(holdId, { actor: identity.name, reason })),
  }),
  defineRoute({
    method: "GET",
    path: "/archives",
    id: "listArchives",
    tag: TAG,
    summary: "List archives",
    description: "As the store knows them. Their files are not read.",
    scopes: ["read"],
    team: "refused",
    query: schemas.listArchivesQuery,
    answers: { 200: { description: "Oldest first", schema: schemas.archiveList } },
    handle: async ({ context, query }) => jsonAnswer({ items: await context.storage.retentionSupport.archives(query) }),
  }),
];
