import type { GatewayContext, Scope } from "../../context.js";
import { jsonAnswer } from "../routing/answers.js";
import { defineRoute, type Route } from "../routing/route.js";
import * as schemas from "../schemas/admin.js";
import { AdminStatusReader } from "./admin-status.js";
import { examine } from "./doctor.js";
import { readLogs } from "./logs.js";
import { policyDocument, runPolicy, updatePolicy } from "./retention-policy.js";

const TAG = "operations";
const COMPATIBLE = "In the form of the first gateway of this project: members in snake case.";
const NO_POLICY = { 501: "The gateway was started without a retention policy" } as const;

/** One reader for each gateway: it does not begin a slow count a second time. */
const READERS = new WeakMap<GatewayContext, AdminStatusReader>();

/** The routes that tell of the gateway itself, and those of its predecessor. */
export const ADMIN_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    path: "/whoami",
    id: "whoAmI",
    tag: TAG,
    summary: "Who the token stands for, and what it may do",
    scopes: "any",
    team: "shared",
    answers: { 200: { description: "The sender", schema: schemas.whoAmI } },
    async handle({ identity: { name, scopes, teamId } }) {
      const sorted: Scope[] = [...scopes].sort();
      return jsonAnswer({ name, scopes: sorted, teamId });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/doctor",
    id: "doctor",
    tag: TAG,
    summary: "The state of the store, and what needs attention",
    description: "Answers also when the store is down.",
    scopes: ["read"],
    team: "refused",
    answers: { 200: { description: "Findings, health and capabilities", schema: schemas.doctor } },
    handle: async ({ context: { storage, now } }) => jsonAnswer(await examine(storage, now())),
  }),
  defineRoute({
    method: "GET",
    path: "/admin/status",
    id: "adminStatus",
    tag: TAG,
    summary: "Status of the gateway and its store",
    description: `${COMPATIBLE} Answers also when the store is down.`,
    scopes: ["read"],
    team: "refused",
    answers: { 200: { description: "The status", schema: schemas.adminStatus } },
    async handle({ context }) {
      const reader = READERS.get(context) ?? new AdminStatusReader(context);
      READERS.set(context, reader);
      return jsonAnswer(await reader.read());
    },
  }),
  defineRoute({
    method: "GET",
    path: "/logs",
    id: "listLogs",
    tag: TAG,
    summary: "List events by page",
    description: `${COMPATIBLE} Unlike there, a bad filter is an error. Prefer \`/events\`.`,
    scopes: ["read"],
    team: "own",
    query: schemas.logsQuery,
    answers: { 200: { description: "A page, newest first", schema: schemas.logPage } },
    handle: async ({ context, identity, reads, query }) => jsonAnswer(await readLogs(context, identity, query, reads)),
  }),
  defineRoute({
    method: "GET",
    path: "/admin/retention-policy",
    id: "getRetentionPolicy",
    tag: TAG,
    summary: "The retention policy in force",
    description: COMPATIBLE,
    scopes: ["read"],
    team: "refused",
    answers: { 200: { description: "The policy, and the last run", schema: schemas.retentionPolicyDocument } },
    errors: NO_POLICY,
    handle: async ({ context }) => jsonAnswer(await policyDocument(context)),
  }),
  defineRoute({
    method: "PUT",
    path: "/admin/retention-policy",
    id: "setRetentionPolicy",
    tag: TAG,
    summary: "Replace the ages and the action of the retention policy",
    description: `${COMPATIBLE} In force until the gateway stops: the configuration file stays as it is, and so do the rules of the policy. A refusal has \`error_code\`.`,
    scopes: ["admin"],
    team: "refused",
    body: {
      schema: schemas.retentionPolicyUpdate,
      example: { hot_days: 14, warm_days: 60, cold_action: "drop", archive_url: null },
    },
    answers: { 200: { description: "The policy", schema: schemas.retentionPolicyDocument } },
    errors: NO_POLICY,
    async handle({ context, identity, body }) {
      await updatePolicy(context, identity.name, body);
      return jsonAnswer(await policyDocument(context));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/admin/retention-policy/run",
    id: "runRetention",
    tag: TAG,
    summary: "Apply retention once, or say what that would do",
    description: COMPATIBLE,
    scopes: ["admin"],
    team: "refused",
    body: { schema: schemas.retentionRunRequest, example: { dry_run: true }, optional: true },
    answers: { 200: { description: "What was done, or would be", schema: schemas.retentionStats } },
    errors: NO_POLICY,
    handle: async ({ context, body }) => jsonAnswer(await runPolicy(context, body.dry_run ?? false)),
  }),
];
