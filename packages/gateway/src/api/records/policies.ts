import {
  type PolicyActivation,
  type PolicyStore,
  type PolicyVersion,
  StorageError,
} from "@agent-assembly/storage-core";
import { MAX_POLICY_BYTES } from "@agent-assembly/storage-core/backend";
import { fileAnswer, jsonAnswer, tagOf } from "../routing/answers.js";
import { changeIfMatch } from "../routing/if-match.js";
import { type ApiRequest, defineRoute, type Route } from "../routing/route.js";
import * as schemas from "../schemas/policies.js";
import { diffVersions, sourceText } from "./policy-diff.js";

const TAG = "policies";
const ACTIVE = "The version that is active now; 0 when none is";
const STALE = { 412: "Another version is active, in `current`" } as const;
const NO_VERSION = { 404: "There is no such policy, or no such version of it" } as const;
const VERSION = { description: "The version with its text", schema: schemas.policyVersion } as const;
const ACTIVATION = {
  200: { description: "The change", schema: schemas.policyActivation, headers: { ETag: "The active version" } },
} as const;
/** JSON may take six characters for one byte of a source. */
const MAX_BODY_BYTES = 6 * MAX_POLICY_BYTES + 64 * 1024;

/** The routes of the policy store. */
export const POLICY_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    path: "/policies",
    id: "listPolicies",
    tag: TAG,
    summary: "List policies",
    scopes: ["read"],
    team: "shared",
    answers: { 200: { description: "All policies, by name", schema: schemas.policyList } },
    handle: async ({ context }) => jsonAnswer({ items: await context.storage.policies.list() }),
  }),
  defineRoute({
    method: "GET",
    path: "/policies/{name}/active",
    id: "getActivePolicy",
    tag: TAG,
    summary: "Read the active version of a policy",
    scopes: ["read"],
    team: "shared",
    params: schemas.policyPath,
    answers: { 200: { ...VERSION, headers: { ETag: "The active version" } } },
    errors: { 404: "There is no such policy, or no version of it is active" },
    async handle({ context, params: { name } }) {
      const active = found(await context.storage.policies.active(name), "active version of this policy");
      return jsonAnswer(sent(active), { headers: tagOf(active.version) });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/policies/{name}/versions",
    id: "listPolicyVersions",
    tag: TAG,
    summary: "List the versions of a policy",
    scopes: ["read"],
    team: "shared",
    params: schemas.policyPath,
    answers: { 200: { description: "Newest first; none for an unknown policy", schema: schemas.policyVersionList } },
    handle: async ({ context, params: { name } }) =>
      jsonAnswer({ items: await context.storage.policies.versions(name) }),
  }),
  defineRoute({
    method: "POST",
    path: "/policies/{name}/versions",
    id: "savePolicy",
    tag: TAG,
    summary: "Save a new version of a policy",
    description: "The very text of the latest version makes no new one. Saving activates nothing.",
    scopes: ["policy"],
    team: "refused",
    params: schemas.policyPath,
    body: {
      schema: schemas.newPolicyVersion,
      example: { source: "rules:\n  - deny: delete_order\n", expectedLatest: 2, reason: "orders are kept" },
      maxBytes: MAX_BODY_BYTES,
    },
    answers: { 201: VERSION },
    errors: { 409: "`expectedLatest` is not the latest version" },
    async handle({ context, identity, params: { name }, body: { source, format, expectedLatest, reason } }) {
      const options = { actor: identity.name, expectedLatest, reason };
      const saved = await context.storage.policies.save({ name, source, format }, options);
      return jsonAnswer(sent(saved), { status: 201 });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/policies/{name}/versions/{version}",
    id: "getPolicyVersion",
    tag: TAG,
    summary: "Read a version of a policy",
    scopes: ["read"],
    team: "shared",
    params: schemas.policyVersionPath,
    answers: { 200: VERSION },
    errors: NO_VERSION,
    handle: async ({ context, params: { name, version } }) =>
      jsonAnswer(sent(await versionOf(context.storage.policies, name, version))),
  }),
  defineRoute({
    method: "GET",
    path: "/policies/{name}/versions/{version}/source",
    id: "downloadPolicyVersion",
    tag: TAG,
    summary: "Download the bytes of a version",
    scopes: ["read"],
    team: "shared",
    params: schemas.policyVersionPath,
    answers: { 200: { description: "The bytes that were saved", mediaTypes: ["text/plain"] } },
    errors: NO_VERSION,
    async handle({ context, params: { name, version } }) {
      const { source, format } = await versionOf(context.storage.policies, name, version);
      return fileAnswer(new Uint8Array(source), "text/plain; charset=utf-8", `policy-${version}.${format}`);
    },
  }),
  defineRoute({
    method: "GET",
    path: "/policies/{name}/diff",
    id: "diffPolicy",
    tag: TAG,
    summary: "Compare two versions by line",
    scopes: ["read"],
    team: "shared",
    params: schemas.policyPath,
    query: schemas.diffQuery,
    answers: { 200: { description: "What differs", schema: schemas.policyDiff } },
    errors: NO_VERSION,
    async handle({ context, params: { name }, query: { from, to } }) {
      const { policies } = context.storage;
      const [left, right] = await Promise.all([versionOf(policies, name, from), versionOf(policies, name, to)]);
      return jsonAnswer(diffVersions(left, right));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/policies/{name}/activations",
    id: "listActivations",
    tag: TAG,
    summary: "List the changes of the active version",
    scopes: ["read"],
    team: "shared",
    params: schemas.policyPath,
    answers: { 200: { description: "Newest first", schema: schemas.policyActivationList } },
    handle: async ({ context, params: { name } }) =>
      jsonAnswer({ items: await context.storage.policies.activations(name) }),
  }),
  defineRoute({
    method: "POST",
    path: "/policies/{name}/activate",
    id: "activatePolicy",
    tag: TAG,
    summary: "Make a version the active one",
    scopes: ["policy"],
    team: "refused",
    params: schemas.policyPath,
    ifMatch: ACTIVE,
    body: { schema: schemas.activatePolicy, example: { version: 3, reason: "reviewed" } },
    answers: ACTIVATION,
    errors: { ...NO_VERSION, ...STALE },
    async handle(request) {
      const { version, reason } = request.body;
      return changeActive(request, (policies, name, options) =>
        policies.activate(name, version, { ...options, reason }),
      );
    },
  }),
  defineRoute({
    method: "POST",
    path: "/policies/{name}/rollback",
    id: "rollBackPolicy",
    tag: TAG,
    summary: "Return to the version that was active before",
    scopes: ["policy"],
    team: "refused",
    params: schemas.policyPath,
    ifMatch: ACTIVE,
    body: { schema: schemas.rollBackPolicy, example: { reason: "denies too much" }, optional: true },
    answers: ACTIVATION,
    errors: { 404: "There is no such policy", 409: "There is nothing to go back to", ...STALE },
    async handle(request) {
      const { reason } = request.body;
      return changeActive(request, (policies, name, options) => policies.rollback(name, { ...options, reason }));
    },
  }),
];

/** A version as it is sent: its source as the text that it is. */
function sent(version: PolicyVersion): object {
  return { ...version, source: sourceText(version) };
}

async function versionOf(policies: PolicyStore, name: string, version: number): Promise<PolicyVersion> {
  return found(await policies.get(name, version), "policy with this name and version");
}

function found<T>(value: T | undefined, what: string): T {
  if (value !== undefined) return value;
  throw new StorageError({ code: "not_found", message: `there is no ${what}` });
}

interface ChangeOptions {
  readonly actor: string;
  readonly expectedActive: number | null | undefined;
}

async function changeActive(
  { context, identity, params: { name }, ifMatch }: ApiRequest<{ name: string }>,
  make: (policies: PolicyStore, name: string, options: ChangeOptions) => Promise<PolicyActivation>,
): Promise<Response> {
  const { policies } = context.storage;
  const options = { actor: identity.name, expectedActive: ifMatch === 0 ? null : ifMatch };
  const activation = await changeIfMatch(
    ifMatch,
    () => make(policies, name, options),
    async () => (await policies.active(name))?.version ?? 0,
  );
  return jsonAnswer(activation, { headers: tagOf(activation.to) });
}
