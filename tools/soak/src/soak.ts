import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { createSealer, dropAnnouncer, generateSignerKey, parseSignerKey } from "@agent-assembly/evidence";
import { applyRetention } from "@agent-assembly/retention";
import { type AgentStorage, openSchema, openStorage } from "@agent-assembly/storage";
import { isStorageError } from "@agent-assembly/storage-core";
import { anySignal, uuidV7 } from "@agent-assembly/storage-core/backend";
import { ActionLog } from "./action-log.js";
import { checkEvents, findEvents } from "./checks/events.js";
import { checkEvidence, checkFiles, checkGovernance, finishErasures, sealAll } from "./checks/evidence.js";
import { Findings } from "./checks/findings.js";
import { type History, readHistory } from "./checks/history.js";
import { checkApprovals, checkCounts, checkMetrics, checkPolicies } from "./checks/records.js";
import { checkTails } from "./checks/tails.js";
import { Crew } from "./crew.js";
import type { Fault, FaultContext } from "./faults/fault.js";
import { PROCESS_FAULTS } from "./faults/process-faults.js";
import { Journal, lastDelivered } from "./journal.js";
import { Random } from "./random.js";
import type { RoleName } from "./roles/index.js";
import { HELD_AGENT, retentionPolicy, type Settings } from "./settings.js";
import type { SoakStore } from "./stores/store.js";

/** How many processes have each role. */
const CREW: Readonly<Record<RoleName, number>> = {
  writer: 3,
  reader: 1,
  follower: 2,
  retainer: 2,
  requester: 1,
  approver: 2,
  policyEditor: 2,
  holder: 1,
  sampler: 1,
  sealer: 2,
  eraser: 1,
};
/** Between two faults, at most. */
const QUIET_MS = 4000;
const CHECK_EVERY_MS = 5000;
/** In the end, followers that are given nothing for so long do not catch up. */
const CATCH_UP_MS = 60_000;

/** How a soak is run. */
export interface SoakOptions {
  /** How long faults come, milliseconds; ending and checking take longer. */
  readonly ms: number;
  readonly seed: number;
  /** For files; empty. */
  readonly folder: string;
  /** Ends the faults early; what came of them is checked all the same. */
  readonly signal?: AbortSignal | undefined;
  /** Arguments of Node.js for the processes. */
  readonly execArgv?: readonly string[] | undefined;
}

/** What came of a soak. */
export interface SoakReport {
  /** What was not as it must be; none: all was well. */
  readonly violations: readonly string[];
  /** How often each fault came. */
  readonly faults: Readonly<Record<string, number>>;
  /** Pieces of work, by role. */
  readonly steps: Readonly<Record<string, number>>;
  /** Events: acknowledged, in the store, in the archive, and with a leaf in the log; and sessions whose events lost parts. */
  readonly events: {
    readonly acknowledged: number;
    readonly stored: number;
    readonly archived: number;
    readonly sealed: number;
    readonly erasedSessions: number;
  };
  readonly lastActions: readonly string[];
}

/** Lets processes use a store while faults come at random, and checks all along and in the end what must hold. */
export async function soak(store: SoakStore, { ms, seed, folder, signal, execArgv }: SoakOptions): Promise<SoakReport> {
  const random = new Random(seed);
  const log = new ActionLog();
  const archive = join(folder, "archive");
  await mkdir(archive);
  const { signerKey } = generateSignerKey("soak.example/audit");
  const settings: Settings = { storage: store.options, archiveUrl: pathToFileURL(archive).href, signerKey };
  await (await openSchema(store.direct)).migrate();
  const own = new Journal(join(folder, "soak.jsonl"));
  const storage = await openStorage({ ...store.direct, migrate: "off" });
  await createSealer(storage, { key: parseSignerKey(signerKey) }).init();
  await storage.holds.place({ agentId: HELD_AGENT, reason: "soak", actor: "soak" });
  const crew = new Crew({ settings, random: new Random(random.seed()), folder, log, execArgv });
  const findings = new Findings();
  try {
    for (const [role, count] of Object.entries(CREW)) crew.add(role as RoleName, count);
    await crew.haveBegun(signal);
    await disturb(store, { crew, random, settings, log, ms, signal, findings });
    await store.recover();
    const rest = (Object.keys(CREW) as RoleName[]).filter((role) => role !== "follower");
    await crew.stop(rest);
    await endRetention(storage, settings, findings);
    await letFollowersCatchUp(storage, own, crew, findings);
    await crew.stop(["follower"]);
  } finally {
    await crew.kill();
    own.close();
  }
  const history = readHistory([...crew.journals, join(folder, "soak.jsonl")]);
  let events: SoakReport["events"];
  let erased: ReadonlySet<string>;
  try {
    erased = await finishErasures(storage, history, findings, store.files !== undefined);
    await sealAll(storage, settings);
    events = { ...(await checkAll(history, store, storage, settings, findings)), erasedSessions: erased.size };
  } finally {
    await storage.close();
    await store.tables.close();
  }
  if (store.files !== undefined) await checkFiles(store.files, erased, findings);
  const violations = [...crew.problems, ...findings.lines];
  return { violations, faults: log.faults, steps: crew.steps, events, lastActions: log.last };
}

interface Disturbance {
  readonly crew: Crew;
  readonly random: Random;
  readonly settings: Settings;
  readonly log: ActionLog;
  readonly ms: number;
  readonly signal: AbortSignal | undefined;
  readonly findings: Findings;
}

/** Faults one after the other, until time is up or something is wrong. */
async function disturb(store: SoakStore, disturbance: Disturbance): Promise<void> {
  const { crew, random, settings, log, ms, signal, findings } = disturbance;
  const time = AbortSignal.timeout(ms);
  const ending = signal === undefined ? time : anySignal([time, signal]);
  const pause = async (length: number): Promise<void> => {
    try {
      await sleep(length, undefined, { signal: ending });
    } catch (error) {
      if ((error as Error).name !== "AbortError") throw error;
    }
  };
  const faults = [...PROCESS_FAULTS, ...store.faults].flatMap((fault) => new Array<Fault>(fault.weight).fill(fault));
  const held = new GrowingCount(store, findings);
  let checkAt = CHECK_EVERY_MS;
  const started = performance.now();
  while (!ending.aborted && crew.problems.length === 0 && findings.lines.length === 0) {
    await pause(random.between(100, QUIET_MS));
    const fault = random.pick(faults);
    const context: FaultContext = { crew, random, settings, pause, tell: (what) => log.addFault(fault.name, what) };
    await fault.run(context);
    log.add(`${fault.name} is over`);
    if (performance.now() - started < checkAt) continue;
    checkAt += CHECK_EVERY_MS;
    await held.check();
  }
}

/** Events under a hold never become fewer. */
class GrowingCount {
  #before = 0;

  constructor(
    private readonly store: SoakStore,
    private readonly findings: Findings,
  ) {}

  async check(): Promise<void> {
    const now = await this.store.tables.countOf(HELD_AGENT);
    if (now < this.#before) this.findings.add("events under a hold are gone", `${this.#before} before, ${now} now`);
    this.#before = now;
  }
}

/** So that an archive is between two states only where a hold keeps its rows. */
async function endRetention(storage: AgentStorage, settings: Settings, findings: Findings): Promise<void> {
  for (let runs = 1; ; runs++) {
    try {
      const options = { leaseMs: 3000, evidence: dropAnnouncer(storage) };
      const { failures, outcome } = await applyRetention(storage, retentionPolicy(settings), options);
      if (outcome === "succeeded") return;
      if (runs === 10) {
        for (const { error } of failures) findings.add("retention fails when all faults are over", error.message);
        return;
      }
    } catch (error) {
      // The lease of a run that was killed, or of a process whose clock was moved an hour.
      if (!isStorageError(error, "busy") || runs === 60) throw error;
    }
    await sleep(1000);
  }
}

async function letFollowersCatchUp(storage: AgentStorage, own: Journal, crew: Crew, findings: Findings): Promise<void> {
  const id = uuidV7(Date.now());
  const agentId = "soak";
  own.write({ kind: "sent", events: [{ id, agentId, age: "new" }] });
  await storage.audit.append([{ eventId: id, ts: new Date(), agentId, action: "message", decision: "allow" }]);
  own.write({ kind: "stored", ids: [id] });
  const followers = crew.journalsOf("follower");
  let last = "";
  for (let movedAt = performance.now(); ; await sleep(500)) {
    const delivered = followers.map(lastDelivered);
    const behind = delivered.filter((one) => one !== id).length;
    if (behind === 0) return;
    if (delivered.join() !== last) {
      last = delivered.join();
      movedAt = performance.now();
    }
    if (performance.now() - movedAt < CATCH_UP_MS) continue;
    findings.add(`followers are given nothing for ${CATCH_UP_MS / 1000} seconds`, `${behind} of them`);
    return;
  }
}

async function checkAll(
  history: History,
  { tables }: SoakStore,
  storage: AgentStorage,
  settings: Settings,
  findings: Findings,
): Promise<Omit<SoakReport["events"], "erasedSessions">> {
  const places = await findEvents(storage, tables, settings.archiveUrl, findings);
  checkEvents(history, places, findings);
  checkTails(history, places, findings);
  await checkPolicies(history, storage, tables, findings);
  await checkApprovals(history, storage, findings);
  const rows = await tables.count();
  await checkCounts(storage, rows, findings);
  await checkMetrics(history, storage, findings);
  await checkGovernance(history, storage, findings);
  const sealed = await checkEvidence(storage, rows, settings, findings);
  return { acknowledged: history.stored.size, stored: places.stored.size, archived: places.archived.size, sealed };
}
