import type { AgentStorage } from "@agent-assembly/storage";
import { METRIC, POLICY_NAMES } from "../settings.js";
import type { SoakTables } from "../stores/store.js";
import type { Findings } from "./findings.js";
import { entriesOf, type History } from "./history.js";

const DAY_MS = 86_400_000;

/** One active version for each policy, whose history has no gap and every acknowledged change. */
export async function checkPolicies(
  history: History,
  storage: AgentStorage,
  tables: SoakTables,
  findings: Findings,
): Promise<void> {
  const active = await tables.activePolicies();
  if (new Set(active).size !== active.length) findings.add("a policy has two active versions", active.join(" "));
  for (const name of POLICY_NAMES) {
    const versions = new Map((await storage.policies.versions(name)).map(({ version, actor }) => [version, actor]));
    for (const { name: of, version, actor } of entriesOf(history, "saved")) {
      if (of === name && versions.get(version) !== actor) findings.add("a saved version is lost", `${name} ${version}`);
    }
    const activations = (await storage.policies.activations(name)).toReversed();
    let current: number | null = null;
    const byActor = new Map<string, number>();
    for (const { from, to, actor } of activations) {
      if (from !== current) findings.add("an activation does not follow the one before", `${name} ${from} to ${to}`);
      current = to;
      byActor.set(actor, (byActor.get(actor) ?? 0) + 1);
    }
    if (((await storage.policies.active(name))?.version ?? null) !== current) {
      findings.add("the active version is not the one activated last", name);
    }
    for (const { name: of, actor } of entriesOf(history, "activated")) {
      if (of === name && byActor.get(actor) !== 1) findings.add("an activation is lost or there twice", actor);
    }
  }
}

/** Every acknowledged request is there, decided at most once, as the approver was told. */
export async function checkApprovals(history: History, storage: AgentStorage, findings: Findings): Promise<void> {
  const decided = new Map<string, string>();
  for (const { requestId, approver, verdict } of entriesOf(history, "decided")) {
    const before = decided.get(requestId);
    const decision = `${verdict} by ${approver}`;
    if (before !== undefined && before !== decision) findings.add("a request was decided twice", requestId);
    decided.set(requestId, decision);
  }
  for (const requestId of new Set(entriesOf(history, "submitted").map((entry) => entry.requestId))) {
    const found = await storage.approvals.get(requestId);
    if (found === undefined) findings.add("a submitted request is lost", requestId);
    else if (decided.has(requestId)) {
      const decision = "decision" in found && found.decision.source === "approver" ? found.decision : undefined;
      if (`${decision?.verdict} by ${decision?.approver}` !== decided.get(requestId)) {
        findings.add("a decision is not the one that was acknowledged", requestId);
      }
    }
  }
}

/** Counts are the sums of their groups, and of the rows. */
export async function checkCounts(storage: AgentStorage, rows: number, findings: Findings): Promise<void> {
  const counts = [await storage.audit.count()];
  for (const groupBy of [["agentId"], ["decision", "action"], ["tool"]] as const) {
    const groups = await storage.audit.summarize({}, { groupBy });
    counts.push(groups.reduce((sum, { count }) => sum + count, 0));
  }
  const hours = await storage.audit.summarize({}, { bucket: { every: "1h" } });
  counts.push(hours.reduce((sum, { count }) => sum + count, 0));
  const partitions = await storage.partitions.list("audit");
  let measured = 0;
  for (const partition of partitions) measured += (await storage.partitions.measure(partition)).rows;
  counts.push(measured);
  for (const count of counts)
    if (count !== rows) findings.add("a count is not the number of rows", `${count} of ${rows}`);
}

/** Samples that were acknowledged are in the totals, and none that was not sent. */
export async function checkMetrics(history: History, storage: AgentStorage, findings: Findings): Promise<void> {
  if (storage.capabilities.metricsPersistence.status === "unsupported") return;
  const sum = (kind: "sampling" | "sampled") => entriesOf(history, kind).reduce((n, { samples }) => n + samples, 0);
  const [least, most] = [sum("sampled"), sum("sampling")];
  const [from, to] = [new Date(Date.now() - DAY_MS), new Date(Date.now() + DAY_MS)];
  const series = await storage.metrics.query({ metric: METRIC, from, to, aggregate: "sum" });
  const total = series.flatMap(({ points }) => points).reduce((n, { value }) => n + Number(value), 0);
  if (total < least || total > most) {
    findings.add("the samples of a metric are not those recorded", `${total}, not ${least} to ${most}`);
  }
}
