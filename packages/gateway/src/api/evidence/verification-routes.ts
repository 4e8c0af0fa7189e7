import { parseVerifierKey } from "@agent-assembly/evidence";
import { isStorageError } from "@agent-assembly/storage-core";
import type { GatewayContext } from "../../context.js";
import { problem } from "../../http/problem.js";
import { jsonAnswer } from "../routing/answers.js";
import { defineRoute, type Route } from "../routing/route.js";
import * as schemas from "../schemas/evidence.js";
import { MOST_VERIFICATIONS, Verifications } from "./verifications.js";

const TAG = "evidence";
const UNKNOWN = { 404: "There is no such verification" } as const;

/** One for each gateway: only one verification runs at a time. */
const RUNNERS = new WeakMap<GatewayContext, Verifications>();

function runnerOf(context: GatewayContext): Verifications {
  const runner = RUNNERS.get(context) ?? new Verifications(context);
  RUNNERS.set(context, runner);
  return runner;
}

/** The routes that verify the store. */
export const VERIFICATION_ROUTES: readonly Route[] = [
  defineRoute({
    method: "POST",
    path: "/evidence/verifications",
    id: "startVerification",
    tag: TAG,
    summary: "Begin to verify the store",
    description:
      "Compares the events of a range of time, or all, with their leaves, and the log with its checkpoints and receipts, as `aasm evidence verify` does; a range is widened to whole seals. It reads much, and one runs at a time, hence the scope. It ends with the gateway. Its word is that of the server: who must not trust the server verifies an export.",
    scopes: ["admin"],
    team: "refused",
    body: {
      schema: schemas.newVerification,
      example: { from: "2026-11-01T00:00:00Z", to: "2026-11-08T00:00:00Z" },
      optional: true,
    },
    answers: {
      202: {
        description: "It runs",
        schema: schemas.verification,
        headers: { Location: "Where its progress and verdict are read" },
      },
    },
    errors: {
      404: "The events of this store are not sealed",
      409: "Another verification runs; `running` is its id",
      501: "The store keeps no evidence",
    },
    async handle({ context, identity, body: { from, to, keys } }) {
      if (from !== undefined && to !== undefined && from >= to) {
        throw problem("invalid_argument", "to must be after from", { option: "to" });
      }
      const verifiers = keys?.map((vkey, at) => keyOf(vkey, `keys[${at}]`));
      const begun = await runnerOf(context).start({ actor: identity.name, from, to, keys: verifiers });
      const headers = { location: `/api/v1/evidence/verifications/${begun.id}` };
      return jsonAnswer(begun, { status: 202, headers });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/evidence/verifications",
    id: "listVerifications",
    tag: TAG,
    summary: "List the last verifications",
    description: `At most ${MOST_VERIFICATIONS}, of all gateways and of \`aasm evidence verify\`: the store keeps how each went, as its runner told it.`,
    scopes: ["read"],
    team: "refused",
    answers: { 200: { description: "Newest first", schema: schemas.verificationList } },
    handle: async ({ context }) => jsonAnswer({ items: await runnerOf(context).list() }),
  }),
  defineRoute({
    method: "GET",
    path: "/evidence/verifications/{id}",
    id: "getVerification",
    tag: TAG,
    summary: "Progress, findings and verdict of a verification",
    scopes: ["read"],
    team: "refused",
    params: schemas.verificationPath,
    answers: { 200: { description: "The verification", schema: schemas.verification } },
    errors: UNKNOWN,
    handle: async ({ context, params: { id } }) => jsonAnswer(await runnerOf(context).get(id)),
  }),
  defineRoute({
    method: "DELETE",
    path: "/evidence/verifications/{id}",
    id: "cancelVerification",
    tag: TAG,
    summary: "Cancel a verification",
    description: "Its verdict is then `unchecked`. One that has ended stays as it is.",
    scopes: ["admin"],
    team: "refused",
    params: schemas.verificationPath,
    answers: { 200: { description: "The verification, as it ended", schema: schemas.verification } },
    errors: { ...UNKNOWN, 409: "It runs in another process" },
    handle: async ({ context, params: { id } }) => jsonAnswer(await runnerOf(context).cancel(id)),
  }),
];

/** @throws ProblemError 400 */
function keyOf(vkey: string, option: string) {
  try {
    return parseVerifierKey(vkey);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    throw problem("invalid_argument", `${option} is no verifier key`, {
      option,
      remedy: "Give it as aasm evidence init prints it: NAME+ID+BASE64.",
    });
  }
}
