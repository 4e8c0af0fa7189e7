import type { AgentFilter, AgentRecord, AgentRegistry } from "@agent-assembly/storage-core";
import type { Identity } from "../../context.js";
import { jsonAnswer, tagOf } from "../routing/answers.js";
import { changeIfMatch } from "../routing/if-match.js";
import { type ApiRequest, defineRoute, type Route } from "../routing/route.js";
import { teamsToRead, teamToWrite, visible } from "../routing/team.js";
import * as schemas from "../schemas/agents.js";

const TAG = "agents";
const REVISION = "The revision that the change is about";
const ANSWER = {
  200: { description: "The agent with its revision", schema: schemas.agent, headers: { ETag: "The revision" } },
} as const;
const ERRORS = { 404: "There is no such agent", 412: "The agent has another revision, in `current`" } as const;

/** The routes of the agent registry. */
export const AGENT_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    path: "/agents",
    id: "listAgents",
    tag: TAG,
    summary: "List agents",
    scopes: ["read"],
    team: "own",
    query: schemas.listAgentsQuery,
    answers: { 200: { description: "A page of agents, by id", schema: schemas.agentPage } },
    async handle({ context, identity, query: { limit, cursor, teamId, ...members } }) {
      const teams = teamsToRead(identity, teamId);
      const filter: AgentFilter = { ...given(members), ...(teams !== undefined && { teamId: teams }) };
      return jsonAnswer(await context.storage.agents.list(filter, { limit, cursor }));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/agents",
    id: "registerAgent",
    tag: TAG,
    summary: "Register an agent",
    scopes: ["ingest", "admin"],
    team: "own",
    body: {
      schema: schemas.newAgent,
      example: { agentId: "support-bot", name: "Support", teamId: "care", metadata: { version: "2.1.0" } },
    },
    answers: { 201: { ...ANSWER[200], description: "The agent" } },
    errors: { 409: "The agent is registered already" },
    async handle({ context, identity, body: { reason, ...agent } }) {
      const teamId = teamToWrite(identity, agent.teamId);
      const made = await context.storage.agents.register({ ...agent, teamId }, { actor: identity.name, reason });
      return jsonAnswer(made, { status: 201, headers: tagOf(made.revision) });
    },
  }),
  defineRoute({
    method: "GET",
    path: "/agents/{agentId}",
    id: "getAgent",
    tag: TAG,
    summary: "Read an agent",
    scopes: ["read"],
    team: "own",
    params: schemas.agentPath,
    answers: ANSWER,
    errors: { 404: ERRORS[404] },
    handle: async ({ context, identity, params: { agentId } }) =>
      answer(await visibleAgent(context.storage.agents, identity, agentId)),
  }),
  defineRoute({
    method: "PATCH",
    path: "/agents/{agentId}",
    id: "updateAgent",
    tag: TAG,
    summary: "Change an agent",
    scopes: ["admin"],
    team: "own",
    params: schemas.agentPath,
    ifMatch: REVISION,
    body: { schema: schemas.agentChanges, example: { name: "Support EU", reason: "renamed" } },
    answers: ANSWER,
    errors: ERRORS,
    async handle(request) {
      const { reason, ...changes } = request.body;
      if (changes.teamId !== undefined) teamToWrite(request.identity, changes.teamId);
      return change(request, (agents, agentId, options) => agents.update(agentId, changes, { ...options, reason }));
    },
  }),
  defineRoute({
    method: "PUT",
    path: "/agents/{agentId}/enforcement-mode",
    id: "setEnforcementMode",
    tag: TAG,
    summary: "Set the enforcement mode of an agent, for good or for a time",
    scopes: ["admin"],
    team: "own",
    params: schemas.agentPath,
    ifMatch: REVISION,
    body: {
      schema: schemas.enforcementMode,
      example: { mode: "shadow", expiresAt: "2026-12-01T00:00:00Z", reason: "new policy on trial" },
    },
    answers: ANSWER,
    errors: ERRORS,
    async handle(request) {
      const { mode, expiresAt, reason } = request.body;
      return change(request, (agents, agentId, options) =>
        agents.setEnforcementMode(agentId, mode, { ...options, reason, expiresAt }),
      );
    },
  }),
  defineRoute({
    method: "PUT",
    path: "/agents/{agentId}/credential",
    id: "rotateCredential",
    tag: TAG,
    summary: "Replace the public credential of an agent",
    scopes: ["admin"],
    team: "own",
    params: schemas.agentPath,
    ifMatch: REVISION,
    body: { schema: schemas.credentialChange, example: { credential: "SHA256:5f0a", reason: "yearly rotation" } },
    answers: ANSWER,
    errors: ERRORS,
    async handle(request) {
      const { credential, reason } = request.body;
      return change(request, (agents, agentId, options) =>
        agents.rotateIdentity(agentId, credential, { ...options, reason }),
      );
    },
  }),
  defineRoute({
    method: "DELETE",
    path: "/agents/{agentId}",
    id: "removeAgent",
    tag: TAG,
    summary: "Remove an agent",
    description: "Answers with its last state. Its events stay.",
    scopes: ["admin"],
    team: "own",
    params: schemas.agentPath,
    query: schemas.removeAgentQuery,
    ifMatch: REVISION,
    answers: ANSWER,
    errors: ERRORS,
    async handle(request) {
      const { reason } = request.query;
      return change(request, (agents, agentId, options) => agents.remove(agentId, { ...options, reason }));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/agents/{agentId}/heartbeat",
    id: "heartbeat",
    tag: TAG,
    summary: "Mark an agent online and seen now",
    scopes: ["ingest"],
    team: "own",
    params: schemas.agentPath,
    answers: ANSWER,
    errors: { 404: ERRORS[404] },
    async handle({ context: { storage }, identity, params: { agentId } }) {
      await visibleAgent(storage.agents, identity, agentId);
      return answer(await storage.agents.heartbeat(agentId));
    },
  }),
  defineRoute({
    method: "POST",
    path: "/agents/{agentId}/offline",
    id: "markOffline",
    tag: TAG,
    summary: "Mark an agent offline",
    scopes: ["ingest"],
    team: "own",
    params: schemas.agentPath,
    ifMatch: REVISION,
    answers: ANSWER,
    errors: ERRORS,
    handle: async (request) =>
      change(request, (agents, agentId, { expectedRevision }) => agents.markOffline(agentId, { expectedRevision })),
  }),
];

function answer(agent: AgentRecord): Response {
  return jsonAnswer(agent, { headers: tagOf(agent.revision) });
}

interface ChangeOptions {
  readonly actor: string;
  readonly expectedRevision: number | undefined;
}

/** Makes a change of an agent that the sender may see. */
async function change(
  { context, identity, params: { agentId }, ifMatch }: ApiRequest<{ agentId: string }>,
  make: (agents: AgentRegistry, agentId: string, options: ChangeOptions) => Promise<AgentRecord>,
): Promise<Response> {
  const { agents } = context.storage;
  if (identity.teamId !== undefined) await visibleAgent(agents, identity, agentId);
  const options = { actor: identity.name, expectedRevision: ifMatch };
  return answer(
    await changeIfMatch(
      ifMatch,
      () => make(agents, agentId, options),
      async () => (await agents.get(agentId))?.revision,
    ),
  );
}

async function visibleAgent(agents: AgentRegistry, identity: Identity, agentId: string): Promise<AgentRecord> {
  return visible(identity, await agents.get(agentId), "agent with this id");
}

/** Without the members that are `undefined`. */
function given<T extends object>(members: T): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}
