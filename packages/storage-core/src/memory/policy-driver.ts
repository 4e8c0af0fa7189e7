import type { AuditEventRow } from "../audit/row.js";
import type { ActivationsWanted, PolicyDecision, PolicyDriver, PolicyState } from "../policies/driver.js";
import type { PolicySummary } from "../policies/record.js";
import type { PolicyActivationRow, PolicyVersionRow } from "../policies/row.js";
import { type BeforeChange, ignoreChange } from "../records/before-change.js";
import { compareText } from "../support/text.js";

interface Policy {
  readonly versions: PolicyVersionRow[];
  /** Oldest first. */
  readonly activations: PolicyActivationRow[];
}

/** A change of one policy; plain data but for the bytes of `newVersion.source`. */
export interface PolicyChange extends Omit<PolicyDecision<unknown>, "result"> {
  readonly name: string;
}

/** Policies in a map; synchronous, so that no two changes overlap. */
export class MemoryPolicyDriver implements PolicyDriver {
  readonly #policies = new Map<string, Policy>();

  /**
   * @param beforeChange default: nothing is called
   * @param storeEvent stores the event that records a change, with the change; default: changes are not recorded
   */
  constructor(
    private readonly beforeChange: BeforeChange<PolicyChange> = ignoreChange,
    private readonly storeEvent?: ((event: AuditEventRow) => void) | undefined,
  ) {}

  /** Makes a change again that `beforeChange` was called with, and does not call it. The event is the caller's to store. */
  apply({ name, newVersion, newActivation }: PolicyChange): void {
    const policy = this.#policies.get(name) ?? { versions: [], activations: [] };
    this.#policies.set(name, policy);
    if (newVersion !== undefined) policy.versions.push(newVersion);
    if (newActivation !== undefined) policy.activations.push(newActivation);
  }

  async change<T>(
    name: string,
    _wanted: ActivationsWanted,
    decide: (state: PolicyState | undefined) => PolicyDecision<T>,
  ): Promise<T> {
    const policy = this.#policies.get(name);
    const { result, event, ...change } = decide(policy && stateOf(policy));
    if (change.newVersion !== undefined || change.newActivation !== undefined) {
      const isRecorded = event !== undefined && this.storeEvent !== undefined;
      const named = { name, ...change, ...(isRecorded && { event }) };
      this.beforeChange(named);
      this.apply(named);
      if (isRecorded) this.storeEvent(event);
    }
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
