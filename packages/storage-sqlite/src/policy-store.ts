import {
  type ActivatePolicyOptions,
  type Clock,
  checkActivateOptions,
  checkPolicyName,
  checkPolicyVersion,
  checkSaveOptions,
  type JsonValue,
  normalizePolicy,
  type PolicyActivation,
  type PolicyDocument,
  type PolicyStore,
  type PolicySummary,
  type PolicyVersion,
  type PolicyVersionInfo,
  policyErrors,
  rollbackTarget,
  type SavePolicyOptions,
} from "@agent-assembly/storage-core";
import { and, asc, desc, eq, max } from "drizzle-orm";
import type { Breather } from "./breather.js";
import type { SqliteDrizzle } from "./drizzle.js";
import { policyActivations, policyActive, policyVersions } from "./schema.js";
import type { WriteQueue } from "./write-queue.js";

/** Versioned policies on SQLite. The primary key of `policy_active` allows one active version per name. */
export class SqlitePolicyStore implements PolicyStore {
  constructor(
    private readonly reader: SqliteDrizzle,
    private readonly writer: SqliteDrizzle,
    private readonly queue: WriteQueue,
    private readonly clock: Clock,
    private readonly breather: Breather,
  ) {}

  async save(document: PolicyDocument, options: SavePolicyOptions): Promise<PolicyVersion> {
    const policy = normalizePolicy(document);
    const { author, expectedLatest } = checkSaveOptions(options);
    return this.queue.transaction(() => {
      const latest = latestVersion(this.writer, policy.name);
      if (expectedLatest !== undefined && expectedLatest !== latest) {
        throw policyErrors.staleLatest(expectedLatest, latest);
      }
      const stored = latest === 0 ? undefined : version(this.writer, policy.name, latest);
      if (stored !== undefined && stored.digest === policy.digest && stored.format === policy.format) return stored;
      const row = {
        name: policy.name,
        version: latest + 1,
        format: policy.format,
        digest: policy.digest,
        size: policy.source.byteLength,
        author,
        createdAt: this.clock(),
        source: Buffer.from(policy.source),
        document: JSON.stringify(policy.document),
      };
      this.writer.insert(policyVersions).values(row).run();
      return toVersion(row);
    });
  }

  async activate(name: string, target: number, options: ActivatePolicyOptions): Promise<PolicyActivation> {
    checkPolicyVersion(target);
    return this.#switch(name, options, (active, latest) => {
      if (target > latest) throw policyErrors.unknownVersion(target, latest);
      return target === active ? undefined : { to: target, kind: "activate" };
    });
  }

  async rollback(name: string, options: ActivatePolicyOptions): Promise<PolicyActivation> {
    return this.#switch(name, options, () => {
      const to = rollbackTarget(activations(this.writer, name));
      if (to === undefined) throw policyErrors.nothingBefore();
      return { to, kind: "rollback" };
    });
  }

  async active(name: string): Promise<PolicyVersion | undefined> {
    await this.breather.due();
    const row = this.reader
      .select({ of: policyVersions })
      .from(policyActive)
      .innerJoin(
        policyVersions,
        and(eq(policyVersions.name, policyActive.name), eq(policyVersions.version, policyActive.version)),
      )
      .where(eq(policyActive.name, checkPolicyName(name)))
      .get();
    return row === undefined ? undefined : toVersion(row.of);
  }

  async get(name: string, number: number): Promise<PolicyVersion | undefined> {
    return version(this.reader, checkPolicyName(name), checkPolicyVersion(number));
  }

  async versions(name: string): Promise<PolicyVersionInfo[]> {
    return this.reader
      .select({
        name: policyVersions.name,
        version: policyVersions.version,
        format: policyVersions.format,
        digest: policyVersions.digest,
        size: policyVersions.size,
        author: policyVersions.author,
        createdAt: policyVersions.createdAt,
      })
      .from(policyVersions)
      .where(eq(policyVersions.name, checkPolicyName(name)))
      .orderBy(desc(policyVersions.version))
      .all()
      .map((row) => ({ ...row, createdAt: new Date(row.createdAt) }));
  }

  async activations(name: string): Promise<PolicyActivation[]> {
    return activations(this.reader, checkPolicyName(name)).toReversed();
  }

  async list(): Promise<PolicySummary[]> {
    return this.reader
      .select({ name: policyVersions.name, latest: max(policyVersions.version), active: policyActive.version })
      .from(policyVersions)
      .leftJoin(policyActive, eq(policyActive.name, policyVersions.name))
      .groupBy(policyVersions.name)
      .orderBy(asc(policyVersions.name))
      .all()
      .map(({ name, latest, active }) => ({ name, latest: latest as number, active }));
  }

  /** @param decide the change to make, or `undefined` for none */
  async #switch(
    name: string,
    options: ActivatePolicyOptions,
    decide: (active: number | null, latest: number) => Pick<PolicyActivation, "to" | "kind"> | undefined,
  ): Promise<PolicyActivation> {
    checkPolicyName(name);
    const { actor, expectedActive } = checkActivateOptions(options);
    return this.queue.transaction(() => {
      const latest = latestVersion(this.writer, name);
      if (latest === 0) throw policyErrors.unknownName();
      const from = this.writer.select().from(policyActive).where(eq(policyActive.name, name)).get()?.version ?? null;
      if (expectedActive !== undefined && expectedActive !== from) throw policyErrors.staleActive(expectedActive, from);
      const change = decide(from, latest);
      if (change === undefined) return activations(this.writer, name).at(-1) as PolicyActivation;
      const { to, kind } = change;
      const at = this.clock();
      this.writer
        .insert(policyActive)
        .values({ name, version: to })
        .onConflictDoUpdate({ target: policyActive.name, set: { version: to } })
        .run();
      this.writer.insert(policyActivations).values({ name, fromVersion: from, toVersion: to, kind, actor, at }).run();
      return { name, from, to, kind, actor, at: new Date(at) };
    });
  }
}

/** 0 when the name is unknown. */
function latestVersion(db: SqliteDrizzle, name: string): number {
  const row = db
    .select({ latest: max(policyVersions.version) })
    .from(policyVersions)
    .where(eq(policyVersions.name, name))
    .get();
  return row?.latest ?? 0;
}

function version(db: SqliteDrizzle, name: string, number: number): PolicyVersion | undefined {
  const row = db
    .select()
    .from(policyVersions)
    .where(and(eq(policyVersions.name, name), eq(policyVersions.version, number)))
    .get();
  return row === undefined ? undefined : toVersion(row);
}

/** Oldest first. */
function activations(db: SqliteDrizzle, name: string): PolicyActivation[] {
  return db
    .select()
    .from(policyActivations)
    .where(eq(policyActivations.name, name))
    .orderBy(asc(policyActivations.id))
    .all()
    .map(({ fromVersion, toVersion, kind, actor, at }) => ({
      name,
      from: fromVersion,
      to: toVersion,
      kind,
      actor,
      at: new Date(at),
    }));
}

function toVersion(row: typeof policyVersions.$inferSelect): PolicyVersion {
  return {
    ...row,
    createdAt: new Date(row.createdAt),
    source: Uint8Array.from(row.source),
    document: JSON.parse(row.document) as JsonValue,
  };
}
