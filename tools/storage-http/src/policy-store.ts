import type {
  ActivatePolicyOptions,
  PolicyActivation,
  PolicyDocument,
  PolicyStore,
  PolicySummary,
  PolicyVersion,
  PolicyVersionInfo,
  SavePolicyOptions,
} from "@agent-assembly/storage-core";
import { checkKeys, checkObject, invalidArgument, parseInteger, parseText } from "@agent-assembly/storage-core/backend";
import { type HttpClient, ifMatch, step } from "./http-client.js";

type Sent<T> = Omit<T, "source"> & { readonly source: string };

/** The policies behind a gateway. */
export class HttpPolicyStore implements PolicyStore {
  constructor(private readonly client: HttpClient) {}

  async save(document: PolicyDocument, options: SavePolicyOptions): Promise<PolicyVersion> {
    checkObject("policy", document);
    checkKeys("policy", document, ["name", "source", "format"]);
    checkObject("options", options);
    const { expectedLatest, reason } = options;
    const actor = parseText("options.actor", options.actor);
    const json = { source: textOf(document.source), format: document.format, expectedLatest, reason };
    const path = `${pathOf(document.name)}/versions`;
    return toVersion(await this.client.json("POST", path, { json, actor, argument: "policy" }));
  }

  async activate(name: string, version: number, options: ActivatePolicyOptions): Promise<PolicyActivation> {
    parseInteger("version", version, 1, Number.MAX_SAFE_INTEGER);
    return this.#change(name, "activate", { version }, options);
  }

  async rollback(name: string, options: ActivatePolicyOptions): Promise<PolicyActivation> {
    return this.#change(name, "rollback", {}, options);
  }

  async active(name: string): Promise<PolicyVersion | undefined> {
    return this.#find(`${pathOf(name)}/active`);
  }

  async get(name: string, version: number): Promise<PolicyVersion | undefined> {
    return this.#find(`${pathOf(name)}/versions/${parseInteger("version", version, 1, Number.MAX_SAFE_INTEGER)}`);
  }

  async versions(name: string): Promise<PolicyVersionInfo[]> {
    const { items } = await this.#list<PolicyVersionInfo>(`${pathOf(name)}/versions`);
    return items.map((info) => ({ ...info, createdAt: new Date(info.createdAt) }));
  }

  async activations(name: string): Promise<PolicyActivation[]> {
    const { items } = await this.#list<PolicyActivation>(`${pathOf(name)}/activations`);
    return items.map(toActivation);
  }

  async list(): Promise<PolicySummary[]> {
    return (await this.#list<PolicySummary>("/policies")).items;
  }

  async #find(path: string): Promise<PolicyVersion | undefined> {
    const found = await this.client.find<Sent<PolicyVersion>>(path);
    return found === undefined ? undefined : toVersion(found);
  }

  #list<T>(path: string): Promise<{ readonly items: T[] }> {
    return this.client.json("GET", path);
  }

  async #change(name: string, verb: string, body: object, options: ActivatePolicyOptions): Promise<PolicyActivation> {
    checkObject("options", options);
    checkKeys("options", options, ["actor", "reason", "expectedActive"]);
    const { reason, expectedActive } = options;
    if (expectedActive != null) parseInteger("options.expectedActive", expectedActive, 1, Number.MAX_SAFE_INTEGER);
    const actor = parseText("options.actor", options.actor);
    const headers = ifMatch(expectedActive === null ? 0 : expectedActive);
    return toActivation(
      await this.client.json("POST", `${pathOf(name)}/${verb}`, { json: { ...body, reason }, actor, headers }),
    );
  }
}

function pathOf(name: string): string {
  return `/policies/${step(parseText("name", name))}`;
}

/** JSON has texts only; the bytes of a policy are those of one. */
function textOf(source: unknown): string {
  if (typeof source === "string") return source;
  if (!(source instanceof Uint8Array)) throw invalidArgument("policy.source", "must be a string or bytes");
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(source);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw invalidArgument("policy.source", "is not UTF-8");
  }
}

function toVersion(sent: Sent<PolicyVersion>): PolicyVersion {
  return { ...sent, source: new TextEncoder().encode(sent.source), createdAt: new Date(sent.createdAt) };
}

function toActivation(sent: PolicyActivation): PolicyActivation {
  return { ...sent, at: new Date(sent.at) };
}
