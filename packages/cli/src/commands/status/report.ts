import { setTimeout as delay } from "node:timers/promises";
import type { AgentStorage, LoadedConfig } from "@agent-assembly/storage";
import type { Capabilities, StorageBackend, StorageHealth } from "@agent-assembly/storage-core";
import { type LogStatus, readLogStatus } from "../evidence/read-status.js";
import { type RetentionStatus, readRetention } from "./retention.js";
import { readStateStatus, type StateStatus } from "./state.js";
import { type MetricUsage, readUsage } from "./usage.js";

export interface TierRows {
  /** `archived`: outside the database, in files. */
  readonly tier: "hot" | "warm" | "archived";
  readonly partitions: number;
  readonly rows: number;
  readonly bytes: number;
}

export interface StatusReport {
  /** Of all of it: `down` when the store is, `ok` when nothing at all is wrong. */
  readonly status: StorageHealth["status"];
  readonly mode: string;
  readonly backend: string;
  /** The SQLite file, or the database's URL without its password; `null` in memory. */
  readonly location: string | null;
  /** What named that place: a file, a variable or a flag; `null` for the default. */
  readonly namedBy: string | null;
  readonly configFile: string | null;
  /** Who else can change the configuration file, or read the secrets in it. */
  readonly configWarnings: readonly string[];
  /** The store's. */
  readonly health: StorageHealth;
  /** `null` where counting took too long. */
  readonly events: number | null;
  readonly tiers: readonly TierRows[] | null;
  readonly agents: number | null;
  readonly policies: number | null;
  /** Of today against the days before. */
  readonly usage: readonly MetricUsage[] | null;
  readonly retention: RetentionStatus | null;
  readonly state: StateStatus | null;
  /** `null` where events are not sealed. */
  readonly evidence: LogStatus | null;
  readonly capabilities: Capabilities;
}

/** Health is quick whatever the size; counts are not, and a status must not wait for them. */
const COUNT_BUDGET_MS = 3000;
const AGENT_PAGE = 1000;

export async function readStatus(storage: AgentStorage, loaded: LoadedConfig): Promise<StatusReport> {
  return new StatusReader(storage, loaded).read();
}

/** Reads one status after another; a count that takes longer than a report is not started a second time. */
export class StatusReader {
  readonly #counts: {
    readonly [K in "tiers" | "agents" | "policies" | "usage" | "retention" | "state" | "evidence"]: PatientCount<
      StatusReport[K]
    >;
  };

  constructor(
    private readonly storage: AgentStorage,
    private readonly loaded: LoadedConfig,
  ) {
    this.#counts = {
      tiers: new PatientCount(() => readTiers(storage)),
      agents: new PatientCount(() => countAgents(storage)),
      policies: new PatientCount(async () => (await storage.policies.list()).length),
      usage: new PatientCount(() => readUsage(storage, Date.now())),
      retention: new PatientCount(() => readRetention(storage, loaded)),
      state: new PatientCount(() => readStateStatus(storage, loaded)),
      evidence: new PatientCount(() => readLogStatus(storage, Date.now())),
    };
  }

  async read(): Promise<StatusReport> {
    const { storage } = this;
    const { mode } = this.loaded.config;
    const health = await storage.health();
    const up = health.status !== "down";
    const [partitions, agents, policies, usage, retention, evidence, state] = await Promise.all([
      up ? this.#counts.tiers.soon() : null,
      up ? this.#counts.agents.soon() : null,
      up ? this.#counts.policies.soon() : null,
      up ? this.#counts.usage.soon() : null,
      up ? this.#counts.retention.soon() : null,
      up ? this.#counts.evidence.soon() : null,
      this.#counts.state.soon(),
    ]);
    const archived = retention === null || retention.archived.partitions === 0 ? [] : [retention.archived];
    return {
      status: overall(health, retention, state),
      mode,
      backend: storage.name,
      location: storage.location ?? null,
      namedBy: namedBy(this.loaded),
      configFile: this.loaded.file ?? null,
      configWarnings: this.loaded.warnings.map(({ message }) => message),
      health,
      events: partitions === null ? null : partitions.reduce((sum, tier) => sum + tier.rows, 0),
      tiers: partitions === null ? null : [...partitions, ...archived],
      agents,
      policies,
      usage,
      retention,
      state,
      evidence,
      capabilities: storage.capabilities,
    };
  }
}

/** Where the store's place was said, or else its backend. */
function namedBy({ config: { storage }, sources }: LoadedConfig): string | null {
  const { backend } = storage;
  const place = backend === "postgres" ? sources["storage.postgres.database_url"] : undefined;
  const path = backend === "sqlite" ? sources["storage.sqlite.path"] : undefined;
  return place ?? path ?? sources["storage.backend"] ?? sources.mode ?? null;
}

/** What took too long to find out is no problem by itself. */
function overall(
  { status }: StorageHealth,
  retention: RetentionStatus | null,
  state: StateStatus | null,
): StatusReport["status"] {
  if (status !== "ok") return status;
  const ports = state === null ? [] : [state.policyCache, state.approvals, state.rateLimits];
  const isOk = (retention?.foreign.length ?? 0) === 0 && ports.every((port) => port.status === "ok");
  return isOk ? "ok" : "degraded";
}

/** Something slow, of which one is under way at a time. */
class PatientCount<T> {
  #running: Promise<T> | undefined;

  constructor(private readonly start: () => Promise<T>) {}

  /** `null` when it takes too long. A later call returns the result of what was started now. */
  async soon(): Promise<T | null> {
    this.#running ??= this.start().finally(() => {
      this.#running = undefined;
    });
    const running = this.#running;
    running.catch(() => undefined);
    return Promise.race([running, delay(COUNT_BUDGET_MS, null, { ref: false })]);
  }
}

async function readTiers(storage: StorageBackend): Promise<TierRows[]> {
  const tiers = new Map<TierRows["tier"], TierRows>();
  for (const { tier, rows, bytes } of await storage.partitions.list("audit")) {
    const sum = tiers.get(tier) ?? { tier, partitions: 0, rows: 0, bytes: 0 };
    tiers.set(tier, { tier, partitions: sum.partitions + 1, rows: sum.rows + rows, bytes: sum.bytes + bytes });
  }
  return [...tiers.values()];
}

async function countAgents(storage: StorageBackend): Promise<number> {
  let count = 0;
  let cursor: string | undefined;
  do {
    const page = await storage.agents.list({}, { limit: AGENT_PAGE, cursor });
    count += page.items.length;
    cursor = page.next;
  } while (cursor !== undefined);
  return count;
}
