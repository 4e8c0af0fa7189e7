import type { PolicySummary } from "@agent-assembly/storage-core";
import type {
  ActivationsWanted,
  PolicyActivationRow,
  PolicyDecision,
  PolicyDriver,
  PolicyState,
  PolicyVersionInfoRow,
  PolicyVersionRow,
} from "@agent-assembly/storage-core/backend";
import { and, asc, desc, eq, max } from "drizzle-orm";
import type { SqliteDrizzle } from "../driver/drizzle.js";
import type { EventLoopYielder } from "../driver/event-loop-yielder.js";
import type { WriteQueue } from "../driver/write-queue.js";
import { policyActivations, policyActive, policyVersions } from "../schema/tables.js";
import type { RecordedEvents } from "./recorded-events.js";

/** All columns but the contents, which may be large. */
const INFO = {
  name: policyVersions.name,
  version: policyVersions.version,
  format: policyVersions.format,
  digest: policyVersions.digest,
  size: policyVersions.size,
  actor: policyVersions.actor,
  createdAt: policyVersions.createdAt,
};

const ACTIVATION = {
  name: policyActivations.name,
  from: policyActivations.fromVersion,
  to: policyActivations.toVersion,
  kind: policyActivations.kind,
  actor: policyActivations.actor,
  at: policyActivations.at,
};

/**
 * The policies' tables: reads see the newest commit of any process, changes run one at a time. The primary key of
 * `policy_active` allows one active version per name.
 */
export class SqlitePolicyDriver implements PolicyDriver {
  constructor(
    private readonly reader: SqliteDrizzle,
    private readonly writer: SqliteDrizzle,
    private readonly queue: WriteQueue,
    private readonly yielder: EventLoopYielder,
    /** Called with the name of a policy whose active version may have changed. */
    private readonly onChange: (name: string) => void,
    /** Where changes are recorded; `undefined`: nowhere. */
    private readonly events?: RecordedEvents | undefined,
  ) {}

  async change<T>(
    name: string,
    wanted: ActivationsWanted,
    decide: (state: PolicyState | undefined) => PolicyDecision<T>,
  ): Promise<T> {
    let activates = false;
    let isRecorded = false;
    try {
      const changed = await this.queue.transaction(() => {
        const { newVersion, newActivation, event, result } = decide(stateOf(this.writer, name, wanted));
        if (newVersion !== undefined) insertVersion(this.writer, newVersion);
        if (newActivation !== undefined) insertActivation(this.writer, newActivation);
        isRecorded = this.events?.store(event) === true;
        activates = newActivation !== undefined;
        return result;
      });
      if (isRecorded) this.events?.committed();
      return changed;
    } finally {
      // After a failure too, because a failed commit may have taken effect.
      if (activates) this.onChange(name);
    }
  }

  async active(name: string): Promise<PolicyVersionRow | undefined> {
    await this.yielder.due();
    return this.reader
      .select({ of: policyVersions })
      .from(policyActive)
      .innerJoin(
        policyVersions,
        and(eq(policyVersions.name, policyActive.name), eq(policyVersions.version, policyActive.version)),
      )
      .where(eq(policyActive.name, name))
      .get()?.of;
  }

  async version(name: string, version: number): Promise<PolicyVersionRow | undefined> {
    return this.reader
      .select()
      .from(policyVersions)
      .where(and(eq(policyVersions.name, name), eq(policyVersions.version, version)))
      .get();
  }

  async versions(name: string): Promise<readonly PolicyVersionInfoRow[]> {
    return this.reader
      .select(INFO)
      .from(policyVersions)
      .where(eq(policyVersions.name, name))
      .orderBy(desc(policyVersions.version))
      .all();
  }

  async activations(name: string): Promise<readonly PolicyActivationRow[]> {
    return newestActivations(this.reader, name);
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
}

function stateOf(db: SqliteDrizzle, name: string, wanted: ActivationsWanted): PolicyState | undefined {
  const row = db
    .select({ latest: INFO, active: policyActive.version })
    .from(policyVersions)
    .leftJoin(policyActive, eq(policyActive.name, policyVersions.name))
    .where(eq(policyVersions.name, name))
    .orderBy(desc(policyVersions.version))
    .limit(1)
    .get();
  if (row === undefined) return undefined;
  if (wanted === "none") return { ...row, activations: [] };
  const activations = newestActivations(db, name, wanted === "newest" ? 1 : undefined);
  return { ...row, activations: activations.toReversed() };
}

/** Newest first. @param limit how many at most; default: all */
function newestActivations(db: SqliteDrizzle, name: string, limit?: number): PolicyActivationRow[] {
  const query = db
    .select(ACTIVATION)
    .from(policyActivations)
    .where(eq(policyActivations.name, name))
    .orderBy(desc(policyActivations.id));
  return (limit === undefined ? query : query.limit(limit)).all();
}

function insertVersion(db: SqliteDrizzle, version: PolicyVersionRow): void {
  db.insert(policyVersions)
    .values({ ...version, source: Buffer.from(version.source) })
    .run();
}

function insertActivation(db: SqliteDrizzle, { from, to, ...rest }: PolicyActivationRow): void {
  db.insert(policyActive)
    .values({ name: rest.name, version: to })
    .onConflictDoUpdate({ target: policyActive.name, set: { version: to } })
    .run();
  db.insert(policyActivations)
    .values({ ...rest, fromVersion: from, toVersion: to })
    .run();
}
