import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import {
  createAgentRegistry,
  createApiTokenStore,
  createErasure,
  createEvidenceSupport,
  createHoldStore,
  createMetricStore,
  createPartitionStore,
  createPolicyStore,
  createRetentionSupport,
  DriverAuditStore,
  degraded,
  guardBackend,
  systemClock,
  withContext,
} from "@agent-assembly/storage-core/backend";
import { createStateSupport } from "@agent-assembly/storage-core/state";
import { createPostgresAuditDriver } from "./audit/driver.js";
import { AuditReader } from "./audit/reader.js";
import { AuditTail } from "./audit/tail.js";
import { TailWakeUps } from "./audit/tail-wake-ups.js";
import { AuditWriter } from "./audit/writer.js";
import { capabilitiesOf } from "./capabilities.js";
import { locationOf, shownUrl } from "./connection/target.js";
import { CountFolder } from "./counts/folder.js";
import { countTables } from "./counts/tables.js";
import { checkSession } from "./driver/client/session-check.js";
import { classifyPostgresError, errorCode, INSUFFICIENT_PRIVILEGE } from "./driver/errors.js";
import { channelOf, NotificationListener } from "./driver/listener.js";
import { Pool } from "./driver/pool.js";
import { PrimaryServer } from "./driver/read-server.js";
import { PostgresErasureDriver } from "./erasure/driver.js";
import { PostgresEvidenceDriver } from "./evidence/driver.js";
import { evidenceTables } from "./evidence/tables.js";
import { postgresHealth } from "./health.js";
import { PostgresMetricDriver } from "./metrics/driver.js";
import { migratePostgres, requireSchema } from "./migrate.js";
import { type PostgresStorageOptions, parsePostgresOptions, type ResolvedPostgresOptions } from "./options.js";
import { conflictingPolicies } from "./partitions/conflicting-policies.js";
import { createPostgresPartitionDriver } from "./partitions/driver.js";
import { PostgresHoldDriver } from "./records/hold-driver.js";
import { approvalChannel, openRecords } from "./records/open-records.js";
import { openPolicyChanges } from "./records/policy-changes.js";
import { PostgresPolicyDriver } from "./records/policy-driver.js";
import { RecordedEvents } from "./records/recorded-events.js";
import { notingWrites } from "./replica/noted-writes.js";
import { openReplica } from "./replica/open-replica.js";
import { Reads } from "./replica/reads.js";
import type { Replica } from "./replica/replica.js";
import { RoutedAuditReader } from "./replica/routed-reader.js";
import { erasureNames } from "./restoring/erasure-names.js";
import { missingRight } from "./schema/rights.js";
import { quoteIdentifier } from "./sql/identifiers.js";
import { probeProfile, type TimescaleProfile } from "./timescale/profile.js";

/** How often a wait polls. The server announces decisions; polling covers lost notifications. */
const WAIT_POLL_MS = 1000;

/**
 * Opens the store in one schema of a database.
 * @throws `invalid_argument`, `unavailable`, `timeout`, `permission_denied`, `not_found` (no such database),
 *   `schema_outdated`, `schema_newer`, `migration_failed`, `unsupported` (TimescaleDB is required and not there)
 * @example
 * ```ts
 * import { openPostgresStorage } from "@agent-assembly/storage-postgres";
 *
 * const url = "postgres://gateway@db.example.com:5432/governance?sslmode=verify-full";
 * await using storage = await openPostgresStorage({ url, timescaledb: "prefer" });
 * console.log((await storage.health()).problems);
 * ```
 */
export async function openPostgresStorage(options: PostgresStorageOptions): Promise<StorageBackend> {
  const resolved = parsePostgresOptions(options);
  let pool = new Pool({ ...resolved, applicationName: "aasm" });
  try {
    // What append acknowledges must be on the disk, whatever the database or the role is set to.
    const { commitsLazily: lazy } = await pool.run((sql) => checkSession(sql, resolved));
    if (lazy && resolved.prepare) {
      await pool.close();
      pool = new Pool({ ...resolved, applicationName: "aasm", settings: { synchronous_commit: "on" } });
    }
    if (resolved.migrate === "auto") await migratePostgres(options);
    if (resolved.migrate === "check") await pool.run((sql) => requireSchema(sql, resolved));
    const profile = await profileOf(pool, resolved);
    await warmUp(pool, resolved.minConnections);
    const stillLazy = lazy && !resolved.prepare;
    const replica = await openReplica(pool, resolved, stillLazy);
    return assemble(pool, replica, { resolved, profile, lazy: stillLazy });
  } catch (error) {
    const explained = await explainDenied(error, pool, resolved);
    // The driver would wait for connections that are about to fail like the first one.
    await pool.close(0);
    const location = locationOf(resolved.target);
    throw withContext(explained, { operation: "open", backend: "postgres", location }, classifyPostgresError);
  }
}

interface Opened {
  readonly resolved: ResolvedPostgresOptions;
  readonly profile: TimescaleProfile;
  /** Whether commits do not wait for the disk. */
  readonly lazy: boolean;
}

function assemble(pool: Pool, replica: Replica | undefined, { resolved, profile, lazy }: Opened): StorageBackend {
  const { schema, limits, clock, appendTimeoutMs, tailPollMs, tokenKeys, governanceEvents } = resolved;
  const named = (name: string): string => `${quoteIdentifier(schema)}.${name}`;
  const events = named("audit_events");

  const closing = new AbortController();
  const listening = new NotificationListener(pool, closing.signal);
  const wakeUps = new TailWakeUps(pool, listening, channelOf(schema, "audit"), closing.signal);
  const counts = countTables(schema);
  const folder = new CountFolder(pool, counts);
  const { moved } = evidenceTables(schema);
  const erasure = erasureNames(schema);
  const writer = new AuditWriter(pool, { table: events, moved, counts, erasure, appendTimeoutMs, wakeUps, folder });
  const tail = new AuditTail(pool, wakeUps, {
    table: events,
    pollMs: tailPollMs,
    outageMs: appendTimeoutMs,
    closing: closing.signal,
    tokenKeys,
    writer,
  });
  const reads = new Reads(new PrimaryServer(pool), replica);
  const primary = new AuditReader(pool, events, closing.signal);
  const reader = new RoutedAuditReader(primary, reads);
  const recorded = governanceEvents ? new RecordedEvents(schema, { writer, wakeUps, folder }) : undefined;
  const records = openRecords(pool, { clock, events: recorded });
  const policyChanges = openPolicyChanges(pool, listening, closing.signal);
  const onPolicyChange = (name: string): void => policyChanges.changed(name);

  const capabilities = { ...capabilitiesOf(profile, resolved), ...(lazy ? { durability: LAZY } : {}) };
  // As a test has one: roles may neither choose when an event was recorded nor when a hold was placed.
  const ownClock = clock !== systemClock;
  const tables = { events, agents: named("agent_registry"), counts };
  const audit = createPostgresAuditDriver({ writer, reads, reader, tail, tables, keepsTime: ownClock, clock });
  const partitions = createPartitionStore(createPostgresPartitionDriver({ pool, reader, tokenKeys }), {
    audit,
    capabilities,
  });

  const metrics = new PostgresMetricDriver(pool, schema, reads);
  const evidence = new PostgresEvidenceDriver(pool, recorded);

  const close = async (): Promise<void> => {
    closing.abort();
    await writer.idle();
    await Promise.all([metrics.close(), folder.close()]);
    await wakeUps.told();
    await listening.ended();
    await Promise.all([pool.close(), replica?.pool.close()]);
  };

  const log = new DriverAuditStore(audit, { limits, clock, tokenKeys });
  const backend: StorageBackend = {
    name: "postgres",
    location: shownUrl(resolved.target),
    capabilities,
    audit: log,
    agents: createAgentRegistry(records.agents, tokenKeys),
    policies: createPolicyStore(new PostgresPolicyDriver(pool, onPolicyChange, recorded), clock),
    metrics: createMetricStore(metrics, log),
    partitions,
    holds: createHoldStore(records.holds, ownClock ? undefined : new PostgresHoldDriver(pool, recorded)),
    apiTokens: createApiTokenStore(records.apiTokens),
    retentionSupport: createRetentionSupport({
      ...records,
      partitions,
      conflictingPolicies: () => pool.run((sql) => conflictingPolicies(sql, pool)),
    }),
    evidenceSupport: createEvidenceSupport(evidence),
    ...createErasure({ ...records, driver: new PostgresErasureDriver(pool), audit: primary, evidence }),
    stateSupport: createStateSupport(records.approvals, policyChanges, {
      backend: "postgres",
      pollMs: WAIT_POLL_MS,
      tokenKeys,
      classify: classifyPostgresError,
      location: locationOf(resolved.target),
      // Without LISTEN, as through a pooler, waits poll.
      listen: (watchers) => {
        if (!listening.possible) return;
        listening.on(approvalChannel(schema), {
          heard: (requestId) => watchers.wake(requestId),
          resumed: () => watchers.wakeAll(),
        });
      },
    }),
    health: () =>
      postgresHealth(pool, resolved, profile, { reads, background: [...metrics.problems, ...folder.problems] }),
    close,
    [Symbol.asyncDispose]: close,
  };
  return guardBackend(replica === undefined ? backend : notingWrites(backend, replica.log), {
    classify: classifyPostgresError,
    location: locationOf(resolved.target),
  });
}

/** A pooler in transaction mode does not let a session say otherwise. */
const LAZY = degraded(
  "synchronous_commit is off on the server, so a crash of it loses the newest events; switch it on for this database",
);

/** The server does not say what a role lacks a right on. */
async function explainDenied(error: unknown, pool: Pool, { schema }: ResolvedPostgresOptions): Promise<unknown> {
  if (errorCode(error) !== INSUFFICIENT_PRIVILEGE) return error;
  return (await pool.run((sql) => missingRight(sql, schema, "read"))) ?? error;
}

async function profileOf(pool: Pool, { timescaledb, target }: ResolvedPostgresOptions): Promise<TimescaleProfile> {
  if (timescaledb === "off") return { edition: "none", reason: "TimescaleDB is not used" };
  const profile = await pool.run(probeProfile);
  if (timescaledb === "prefer" || profile.edition !== "none") return profile;
  throw new StorageError({
    code: "unsupported",
    location: locationOf(target),
    option: "options.timescaledb",
    message: `TimescaleDB is required, but ${profile.reason}`,
    remedy:
      'Install it and run "aasm migrate", or set {option} to "prefer" for a store without partitions and compression.',
  });
}

/** Connects ahead of need, so that the first requests do not wait for it. */
async function warmUp(pool: Pool, connections: number): Promise<void> {
  await Promise.all(Array.from({ length: connections }, () => pool.run((sql) => sql`SELECT pg_sleep(0)`)));
}
