import type {
  AgentChangeOptions,
  AgentChanges,
  AgentFilter,
  AgentRecord,
  AgentRegistry,
  ChangeContext,
  EnforcementMode,
  ExpectedRevision,
  NewAgent,
  Page,
  PageRequest,
} from "@agent-assembly/storage-core";
import { checkKeys, checkObject, parseInteger, parseText, parseTexts } from "@agent-assembly/storage-core/backend";
import { type HttpClient, ifMatch, sendable, step } from "./http-client.js";
import { setPage } from "./page-query.js";

const FILTER_KEYS = ["teamId", "orgId", "status", "enforcementMode"] as const;
const CHANGE_KEYS = ["expectedRevision", "actor", "reason"] as const;
const TIMES = ["lastSeenAt", "registeredAt", "updatedAt"] as const;

/** The agents behind a gateway. */
export class HttpAgentRegistry implements AgentRegistry {
  constructor(private readonly client: HttpClient) {}

  async register(agent: NewAgent, options: ChangeContext = {}): Promise<AgentRecord> {
    checkObject("agent", agent);
    const { actor, reason } = options;
    sendable("agent.metadata", agent.metadata ?? {});
    const json = { ...agent, reason };
    return toAgent(await this.client.json("POST", "/agents", { json, actor, argument: "agent" }));
  }

  async get(agentId: string): Promise<AgentRecord | undefined> {
    const found = await this.client.find<AgentRecord>(pathOf(agentId));
    return found === undefined ? undefined : toAgent(found);
  }

  async list(filter: AgentFilter = {}, page: PageRequest = {}): Promise<Page<AgentRecord>> {
    checkObject("filter", filter);
    checkKeys("filter", filter, FILTER_KEYS);
    const query = new URLSearchParams();
    let isNothing = false;
    for (const name of FILTER_KEYS) {
      if (filter[name] === undefined) continue;
      const values = parseTexts(`filter.${name}`, filter[name]);
      isNothing ||= values.length === 0;
      for (const value of values) query.append(name, value);
    }
    setPage(query, page);
    if (isNothing) return { items: [] };
    const { items, next } = await this.client.json<Page<AgentRecord>>("GET", "/agents", { query, argument: "page" });
    return { items: items.map(toAgent), ...(next !== undefined && { next }) };
  }

  async update(agentId: string, changes: AgentChanges, options?: AgentChangeOptions): Promise<AgentRecord> {
    checkObject("changes", changes);
    sendable("changes.metadata", changes.metadata ?? {});
    return this.#change("PATCH", agentId, "", { body: changes, options, argument: "changes" });
  }

  async setEnforcementMode(
    agentId: string,
    mode: EnforcementMode,
    options: AgentChangeOptions & { readonly expiresAt?: Date | undefined } = {},
  ): Promise<AgentRecord> {
    checkObject("options", options);
    checkKeys("options", options, ["expiresAt", ...CHANGE_KEYS]);
    const { expiresAt, ...rest } = options;
    const body = { mode, expiresAt };
    return this.#change("PUT", agentId, "/enforcement-mode", { body, options: rest, argument: undefined });
  }

  async rotateIdentity(agentId: string, credential: string, options?: AgentChangeOptions): Promise<AgentRecord> {
    const body = { credential };
    return this.#change("PUT", agentId, "/credential", { body, options, argument: undefined });
  }

  async heartbeat(agentId: string): Promise<AgentRecord> {
    return this.#change("POST", agentId, "/heartbeat", { body: undefined, options: {}, argument: undefined });
  }

  async markOffline(agentId: string, options?: ExpectedRevision): Promise<AgentRecord> {
    return this.#change("POST", agentId, "/offline", { body: undefined, options, argument: "options" });
  }

  async remove(agentId: string, options: AgentChangeOptions = {}): Promise<AgentRecord> {
    return this.#change("DELETE", agentId, "", { body: undefined, options, argument: undefined });
  }

  async #change(
    method: string,
    agentId: string,
    below: string,
    { body, options = {}, argument }: Change,
  ): Promise<AgentRecord> {
    checkObject("options", options);
    checkKeys("options", options, CHANGE_KEYS);
    const { expectedRevision, actor, reason } = options;
    if (expectedRevision !== undefined) {
      parseInteger("options.expectedRevision", expectedRevision, 1, Number.MAX_SAFE_INTEGER);
    }
    const query = new URLSearchParams(method === "DELETE" && reason !== undefined ? { reason } : {});
    const path = `${pathOf(agentId)}${below}`;
    return toAgent(
      await this.client.json(method, path, {
        query,
        actor,
        argument,
        headers: ifMatch(expectedRevision),
        ...(body !== undefined && { json: { ...body, reason } }),
      }),
    );
  }
}

interface Change {
  readonly body: object | undefined;
  readonly options: AgentChangeOptions | undefined;
  readonly argument: string | undefined;
}

function pathOf(agentId: string): string {
  return `/agents/${step(parseText("agentId", agentId))}`;
}

function toAgent(sent: AgentRecord): AgentRecord {
  const { identity, enforcementWindow } = sent;
  const times = TIMES.filter((name) => sent[name] !== undefined).map((name) => [name, new Date(sent[name] as Date)]);
  return {
    ...sent,
    ...Object.fromEntries(times),
    ...(identity !== undefined && { identity: { ...identity, rotatedAt: new Date(identity.rotatedAt) } }),
    ...(enforcementWindow !== undefined && {
      enforcementWindow: { ...enforcementWindow, expiresAt: new Date(enforcementWindow.expiresAt) },
    }),
  };
}
