import type { AuditOrder, JsonObject, SummaryDimension } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { collect } from "../support/assert.js";
import { NOW } from "../support/fixtures.js";
import { type Command, command } from "./command.js";
import { deliveryCommands } from "./deliveries.js";
import { erasureCommands } from "./erasures.js";
import { metricCommands } from "./metrics/commands.js";
import { partitionCommands } from "./partitions.js";
import { retentionCommands } from "./records.js";
import { sliceCommands } from "./slices.js";
import { tailCommand } from "./tails.js";
import { bucket, filter, maybe, name, oneOrMany } from "./values.js";

const order = fc.constantFrom<AuditOrder[]>("newest", "oldest");
const limit = fc.oneof(
  { weight: 15, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 1, arbitrary: fc.constant(0) },
);
const dimensions = fc.uniqueArray(
  fc.constantFrom<SummaryDimension[]>(
    "action",
    "decision",
    "agentId",
    "teamId",
    "sessionId",
    "matchedRuleId",
    "tool",
    "dryRun",
    "agent.metadata.v",
  ),
  { maxLength: 3 },
);

/** Every page, without the cursors: those are a backend's own. */
async function pages<T>(
  query: (cursor: string | undefined) => Promise<{ items: T[]; next?: string }>,
): Promise<readonly T[][]> {
  const all: T[][] = [];
  let cursor: string | undefined;
  do {
    const page = await query(cursor);
    all.push(page.items);
    cursor = page.next;
  } while (cursor !== undefined && all.length < 500);
  return all;
}

const auditCommands = [
  deliveryCommands.append,
  command("audit.query", [filter, order, limit], (backend, wanted, direction, size) =>
    pages((cursor) => backend.audit.query(wanted, { order: direction, limit: size, cursor })),
  ),
  command("audit.count", [filter], (backend, wanted) => backend.audit.count(wanted)),
  command(
    "audit.summarize",
    [filter, maybe(bucket), dimensions, maybe(fc.boolean())],
    (backend, wanted, width, groupBy, includeDropped) =>
      backend.audit.summarize(wanted, { bucket: width, groupBy, includeDropped }),
  ),
  command("audit.stream", [filter, order], (backend, wanted, direction) =>
    collect(backend.audit.stream(wanted, { order: direction })),
  ),
];

const metadata = fc.constantFrom<JsonObject[]>(
  {},
  { v: "gold" },
  { v: "\u0000" },
  { v: 7 },
  { v: "silver", w: [1, { x: null }] },
);
const revision = fc.record({ expectedRevision: maybe(fc.integer({ min: 1, max: 4 })) });
const mode = fc.constantFrom("enforce", "shadow", "observe");
const expiry = fc.constantFrom(undefined, new Date(NOW + 60_000), new Date(NOW - 1));

const agentCommands = [
  command("agents.register", [name, maybe(name), maybe(metadata)], (backend, agentId, teamId, data) =>
    backend.agents.register({ agentId, teamId, metadata: data }),
  ),
  command("agents.get", [name], (backend, agentId) => backend.agents.get(agentId)),
  command(
    "agents.update",
    [name, fc.option(name), maybe(metadata), revision],
    (backend, agentId, teamId, data, options) => backend.agents.update(agentId, { teamId, metadata: data }, options),
  ),
  command("agents.setEnforcementMode", [name, mode, expiry, revision], (backend, agentId, next, expiresAt, options) =>
    backend.agents.setEnforcementMode(agentId, next, { ...options, expiresAt }),
  ),
  command(
    "agents.rotateIdentity",
    [name, fc.constantFrom("key-1", "key-2", ""), revision],
    (backend, agentId, credential, options) => backend.agents.rotateIdentity(agentId, credential, options),
  ),
  command("agents.markOffline", [name, revision], (backend, agentId, options) =>
    backend.agents.markOffline(agentId, options),
  ),
  command("agents.heartbeat", [name], (backend, agentId) => backend.agents.heartbeat(agentId)),
  command("agents.remove", [name, revision], (backend, agentId, options) => backend.agents.remove(agentId, options)),
  command("agents.list", [maybe(oneOrMany), maybe(mode), limit], (backend, teamId, enforcementMode, size) =>
    pages((cursor) => backend.agents.list({ teamId, enforcementMode }, { limit: size, cursor })),
  ),
];

const policyName = fc.constantFrom("p", "q", "😀");
const source = fc.constantFrom("a: 1", "a: 2", '{"a": 1}', "rules: [x, y]", "a: [", "");
const actor = fc.constantFrom("ann", "bob");
const version = fc.integer({ min: 1, max: 4 });

const policyCommands = [
  command(
    "policies.save",
    [policyName, source, actor, maybe(fc.integer({ min: 0, max: 3 }))],
    (backend, policy, text, actor, expectedLatest) =>
      backend.policies.save({ name: policy, source: text }, { actor, expectedLatest }),
  ),
  command(
    "policies.activate",
    [policyName, version, actor, maybe(fc.option(version))],
    (backend, policy, number, who, expectedActive) =>
      backend.policies.activate(policy, number, { actor: who, expectedActive }),
  ),
  command("policies.rollback", [policyName, actor], (backend, policy, who) =>
    backend.policies.rollback(policy, { actor: who }),
  ),
  command("policies.get", [policyName, version], (backend, policy, number) => backend.policies.get(policy, number)),
  command("policies.active", [policyName], (backend, policy) => backend.policies.active(policy)),
  command("policies.versions", [policyName], (backend, policy) => backend.policies.versions(policy)),
  command("policies.activations", [policyName], (backend, policy) => backend.policies.activations(policy)),
  command("policies.list", [], (backend) => backend.policies.list()),
];

/** Any call of the stores. */
export const anyCommand: fc.Arbitrary<Command> = fc.oneof(
  // Appends come often, so that there is something to ask for.
  { weight: 6, arbitrary: deliveryCommands.append },
  { weight: 8, arbitrary: fc.oneof(...auditCommands) },
  { weight: 6, arbitrary: fc.oneof(...agentCommands) },
  { weight: 6, arbitrary: fc.oneof(...policyCommands) },
  { weight: 8, arbitrary: metricCommands },
  { weight: 8, arbitrary: fc.oneof(...partitionCommands) },
  { weight: 5, arbitrary: fc.oneof(...sliceCommands) },
  { weight: 4, arbitrary: fc.oneof(...retentionCommands) },
  { weight: 8, arbitrary: fc.oneof(...erasureCommands) },
  { weight: 2, arbitrary: tailCommand },
  { weight: 2, arbitrary: deliveryCommands.appendAgain },
  { weight: 2, arbitrary: deliveryCommands.restoreAgain },
);
