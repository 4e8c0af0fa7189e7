import type { Clock } from "../time/clock.js";
import type { ActivationsWanted, PolicyDriver, PolicyState } from "./driver.js";
import { rollbackTarget } from "./history.js";
import {
  parseActivateOptions,
  parsePolicy,
  parsePolicyName,
  parsePolicyVersion,
  parseSaveOptions,
  policyErrors,
} from "./parse.js";
import type { PolicyActivation, PolicyDocument, PolicySummary, PolicyVersion, PolicyVersionInfo } from "./record.js";
import { activatedEvent, savedEvent } from "./recorded.js";
import {
  type PolicyActivationRow,
  type PolicyVersionRow,
  toPolicyActivation,
  toPolicyVersion,
  toPolicyVersionInfo,
} from "./row.js";
import type { ActivatePolicyOptions, PolicyStore, SavePolicyOptions } from "./store.js";

/** Implements the rules of {@link PolicyStore} on a backend's driver. */
export function createPolicyStore(driver: PolicyDriver, clock: Clock): PolicyStore {
  return new DriverPolicyStore(driver, clock);
}

class DriverPolicyStore implements PolicyStore {
  constructor(
    private readonly driver: PolicyDriver,
    private readonly clock: Clock,
  ) {}

  async save(document: PolicyDocument, options: SavePolicyOptions): Promise<PolicyVersion> {
    const { document: parsed, ...policy } = await parsePolicy(document);
    const { by, expectedLatest } = parseSaveOptions(options);
    const contents = { ...policy, size: policy.source.byteLength, document: JSON.stringify(parsed) };
    const saved = await this.driver.change<PolicyVersionRow | number>(policy.name, "none", (state) => {
      const latest = state?.latest.version ?? 0;
      if (expectedLatest !== undefined && expectedLatest !== latest) {
        throw policyErrors.staleLatest(expectedLatest, latest);
      }
      if (state?.latest.digest === policy.digest && state.latest.format === policy.format) return { result: latest };
      const newVersion = { ...contents, version: latest + 1, actor: by.actor, createdAt: this.clock() };
      return { newVersion, event: savedEvent(state?.latest, newVersion, by), result: newVersion };
    });
    if (typeof saved !== "number") return toPolicyVersion(saved);
    // Versions never change, so this one can be read after the policy is unlocked.
    return toPolicyVersion((await this.driver.version(policy.name, saved)) as PolicyVersionRow);
  }

  async activate(name: string, version: number, options: ActivatePolicyOptions): Promise<PolicyActivation> {
    parsePolicyVersion(version);
    return this.#switch(name, "newest", options, ({ latest, active }) => {
      if (version > latest.version) throw policyErrors.unknownVersion(version, latest.version);
      return version === active ? undefined : { to: version, kind: "activate" };
    });
  }

  async rollback(name: string, options: ActivatePolicyOptions): Promise<PolicyActivation> {
    return this.#switch(name, "all", options, ({ activations }) => {
      const to = rollbackTarget(activations);
      if (to === undefined) throw policyErrors.nothingBefore();
      return { to, kind: "rollback" };
    });
  }

  async active(name: string): Promise<PolicyVersion | undefined> {
    const stored = await this.driver.active(parsePolicyName(name));
    return stored === undefined ? undefined : toPolicyVersion(stored);
  }

  async get(name: string, version: number): Promise<PolicyVersion | undefined> {
    const stored = await this.driver.version(parsePolicyName(name), parsePolicyVersion(version));
    return stored === undefined ? undefined : toPolicyVersion(stored);
  }

  async versions(name: string): Promise<PolicyVersionInfo[]> {
    return (await this.driver.versions(parsePolicyName(name))).map(toPolicyVersionInfo);
  }

  async activations(name: string): Promise<PolicyActivation[]> {
    return (await this.driver.activations(parsePolicyName(name))).map(toPolicyActivation);
  }

  async list(): Promise<PolicySummary[]> {
    return this.driver.list();
  }

  /** @param target the version to switch to, or `undefined` to stay with the newest activation */
  async #switch(
    name: string,
    wanted: ActivationsWanted,
    options: ActivatePolicyOptions,
    target: (state: PolicyState) => Pick<PolicyActivation, "to" | "kind"> | undefined,
  ): Promise<PolicyActivation> {
    parsePolicyName(name);
    const { by, expectedActive } = parseActivateOptions(options);
    const activation = await this.driver.change<PolicyActivationRow>(name, wanted, (state) => {
      if (state === undefined) throw policyErrors.unknownName();
      const { active, activations } = state;
      if (expectedActive !== undefined && expectedActive !== active) {
        throw policyErrors.staleActive(expectedActive, active);
      }
      const step = target(state);
      if (step === undefined) return { result: activations.at(-1) as PolicyActivationRow };
      const newActivation = { name, from: active, ...step, actor: by.actor, at: this.clock() };
      return { newActivation, event: activatedEvent(newActivation, by), result: newActivation };
    });
    return toPolicyActivation(activation);
  }
}
