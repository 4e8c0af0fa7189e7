import { rollbackTarget } from "../policies/history.js";
import {
  checkActivateOptions,
  checkPolicyName,
  checkPolicyVersion,
  checkSaveOptions,
  normalizePolicy,
  policyErrors,
} from "../policies/normalize.js";
import type { ActivatePolicyOptions, PolicyStore, SavePolicyOptions } from "../policies/store.js";
import type {
  PolicyActivation,
  PolicyDocument,
  PolicySummary,
  PolicyVersion,
  PolicyVersionInfo,
} from "../policies/version.js";
import { compareText } from "../text.js";
import type { Clock } from "../time/clock.js";

interface Policy {
  readonly versions: PolicyVersion[];
  /** Oldest first. */
  readonly activations: PolicyActivation[];
}

export class MemoryPolicyStore implements PolicyStore {
  readonly #policies = new Map<string, Policy>();

  constructor(private readonly clock: Clock) {}

  async save(document: PolicyDocument, options: SavePolicyOptions): Promise<PolicyVersion> {
    const { name, format, source, digest, document: parsed } = normalizePolicy(document);
    const { author, expectedLatest } = checkSaveOptions(options);
    const policy = this.#policies.get(name) ?? { versions: [], activations: [] };
    const latest = policy.versions.at(-1);
    const latestNumber = latest?.version ?? 0;
    if (expectedLatest !== undefined && expectedLatest !== latestNumber) {
      throw policyErrors.staleLatest(expectedLatest, latestNumber);
    }
    if (latest !== undefined && latest.digest === digest && latest.format === format) return copy(latest);
    const saved: PolicyVersion = {
      name,
      version: latestNumber + 1,
      format,
      digest,
      size: source.byteLength,
      author,
      createdAt: new Date(this.clock()),
      source,
      document: parsed,
    };
    policy.versions.push(saved);
    this.#policies.set(name, policy);
    return copy(saved);
  }

  async activate(name: string, version: number, options: ActivatePolicyOptions): Promise<PolicyActivation> {
    checkPolicyVersion(version);
    const { policy, active, actor } = this.#begin(name, options);
    if (version > policy.versions.length) throw policyErrors.unknownVersion(version, policy.versions.length);
    if (version === active) return structuredClone(policy.activations.at(-1) as PolicyActivation);
    return this.#record(policy, { name, from: active, to: version, kind: "activate", actor });
  }

  async rollback(name: string, options: ActivatePolicyOptions): Promise<PolicyActivation> {
    const { policy, active, actor } = this.#begin(name, options);
    const target = rollbackTarget(policy.activations);
    if (target === undefined) throw policyErrors.nothingBefore();
    return this.#record(policy, { name, from: active, to: target, kind: "rollback", actor });
  }

  async active(name: string): Promise<PolicyVersion | undefined> {
    const policy = this.#policies.get(checkPolicyName(name));
    const version = policy?.activations.at(-1)?.to;
    return version === undefined ? undefined : copy(policy?.versions[version - 1] as PolicyVersion);
  }

  async get(name: string, version: number): Promise<PolicyVersion | undefined> {
    const found = this.#policies.get(checkPolicyName(name))?.versions[checkPolicyVersion(version) - 1];
    return found === undefined ? undefined : copy(found);
  }

  async versions(name: string): Promise<PolicyVersionInfo[]> {
    const versions = this.#policies.get(checkPolicyName(name))?.versions ?? [];
    return versions.toReversed().map(({ source: _source, document: _document, ...info }) => structuredClone(info));
  }

  async activations(name: string): Promise<PolicyActivation[]> {
    return structuredClone(this.#policies.get(checkPolicyName(name))?.activations ?? []).toReversed();
  }

  async list(): Promise<PolicySummary[]> {
    return [...this.#policies]
      .sort(([a], [b]) => compareText(a, b))
      .map(([name, policy]) => ({
        name,
        latest: policy.versions.length,
        active: policy.activations.at(-1)?.to ?? null,
      }));
  }

  #begin(name: string, options: ActivatePolicyOptions): { policy: Policy; active: number | null; actor: string } {
    checkPolicyName(name);
    const { actor, expectedActive } = checkActivateOptions(options);
    const policy = this.#policies.get(name);
    if (policy === undefined) throw policyErrors.unknownName();
    const active = policy.activations.at(-1)?.to ?? null;
    if (expectedActive !== undefined && expectedActive !== active) {
      throw policyErrors.staleActive(expectedActive, active);
    }
    return { policy, active, actor };
  }

  #record(policy: Policy, activation: Omit<PolicyActivation, "at">): PolicyActivation {
    const recorded = { ...activation, at: new Date(this.clock()) };
    policy.activations.push(recorded);
    return structuredClone(recorded);
  }
}

/** Callers may change what they were given; the stored version must not notice. */
function copy(version: PolicyVersion): PolicyVersion {
  return structuredClone(version);
}
