import type { ActivationsWanted, PolicyDecision, PolicyDriver, PolicyState } from "../policies/driver.js";
import type { PolicySummary } from "../policies/record.js";
import type { PolicyActivationRow, PolicyVersionRow } from "../policies/row.js";
import { compareText } from "../support/text.js";

interface Policy {
  readonly versions: PolicyVersionRow[];
  /** Oldest first. */
  readonly activations: PolicyActivationRow[];
}

/** Policies in a map; synchronous, so that no two changes overlap. */
export class MemoryPolicyDriver implements PolicyDriver {
  readonly #policies = new Map<string, Policy>();

  async change<T>(
    name: string,
    _wanted: ActivationsWanted,
    decide: (state: PolicyState | undefined) => PolicyDecision<T>,
  ): Promise<T> {
    const policy = this.#policies.get(name) ?? { versions: [], activations: [] };
    const { newVersion, newActivation, result } = decide(stateOf(policy));
    if (newVersion !== undefined) {
      policy.versions.push(newVersion);
      this.#policies.set(name, policy);
    }
    if (newActivation !== undefined) policy.activations.push(newActivation);
    return result;
  }

  async active(name: string): Promise<PolicyVersionRow | undefined> {
    const policy = this.#policies.get(name);
    const active = policy?.activations.at(-1)?.to;
    return active === undefined ? undefined : policy?.versions[active - 1];
  }

  async version(name: string, version: number): Promise<PolicyVersionRow | undefined> {
    return this.#policies.get(name)?.versions[version - 1];
  }

  async versions(name: string): Promise<readonly PolicyVersionRow[]> {
    return this.#policies.get(name)?.versions.toReversed() ?? [];
  }

  async activations(name: string): Promise<readonly PolicyActivationRow[]> {
    return this.#policies.get(name)?.activations.toReversed() ?? [];
  }

  async list(): Promise<PolicySummary[]> {
    return [...this.#policies]
      .sort(([a], [b]) => compareText(a, b))
      .map(([name, { versions, activations }]) => ({
        name,
        latest: versions.length,
        active: activations.at(-1)?.to ?? null,
      }));
  }
}

function stateOf({ versions, activations }: Policy): PolicyState | undefined {
  const latest = versions.at(-1);
  return latest === undefined ? undefined : { latest, active: activations.at(-1)?.to ?? null, activations };
}
