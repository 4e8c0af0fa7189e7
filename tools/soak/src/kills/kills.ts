import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createSealer, generateSignerKey, parseSignerKey } from "@agent-assembly/evidence";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { checkFiles, checkLog, finishErasures, sealAll } from "../checks/evidence.js";
import { Findings } from "../checks/findings.js";
import { type History, readHistory } from "../checks/history.js";
import { Random } from "../random.js";
import { Writer } from "./child.js";
import { FileCheck } from "./file-check.js";
import type { Moment, Stage } from "./messages.js";

/** When a writer is killed: how often beside the others, after what it told, and how many milliseconds later at most. */
const MOMENTS: Readonly<Record<Moment, { weight: number; stage: Stage; withinMs: number }>> = {
  opening: { weight: 4, stage: "opening", withinMs: 12 },
  migrating: { weight: 2, stage: "opening", withinMs: 25 },
  writing: { weight: 8, stage: "writing", withinMs: 80 },
  checkpointing: { weight: 1, stage: "checkpointing", withinMs: 20 },
  closing: { weight: 5, stage: "closing", withinMs: 12 },
  sealing: { weight: 4, stage: "sealing", withinMs: 80 },
  erasing: { weight: 3, stage: "erasing", withinMs: 150 },
};
const DRAWN = (Object.keys(MOMENTS) as Moment[]).flatMap((moment) =>
  new Array<Moment>(MOMENTS[moment].weight).fill(moment),
);
/** Reading every page of the file after each round would take most of the time. */
const INTEGRITY_EVERY = 50;
/** Longer than any lease of a writer. */
const ROUND_MS = 60_000;

/** How writers are killed. */
export interface KillOptions {
  readonly rounds: number;
  readonly seed: number;
  /** For files; empty. */
  readonly folder: string;
  /** Ends the rounds early; what came of them is checked all the same. */
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface KillReport {
  /** What was not as it must be; none: all was well. */
  readonly violations: readonly string[];
  readonly kills: number;
  /** What writers were doing when they were killed, and how often. */
  readonly stages: Readonly<Record<string, number>>;
  /** Events. */
  readonly acknowledged: number;
  /** Acknowledged and not in the file. */
  readonly lost: number;
  /** Leaves of the log that stand for events. */
  readonly sealed: number;
  /** Sessions whose events lost parts. */
  readonly erasedSessions: number;
}

/** Kills one writer of a file after the other with SIGKILL; each one goes on where the one before was killed. */
export async function killWriters({ rounds, seed, folder, signal }: KillOptions): Promise<KillReport> {
  const random = new Random(seed);
  const findings = new Findings();
  const path = join(folder, "audit.db");
  const { signerKey } = generateSignerKey("soak.example/audit");
  const journals: string[] = [];
  const stages: Record<string, number> = {};
  let events = 0;
  let kills = 0;
  let next = new Writer();
  try {
    for (let round = 1; round <= rounds && !signal?.aborted && findings.lines.length === 0; round++) {
      const writer = next;
      next = new Writer();
      const moment = random.pick(DRAWN);
      const { stage: killAt, withinMs } = MOMENTS[moment];
      const isNew = moment === "migrating";
      const journal = join(folder, `round-${round}.jsonl`);
      const file = isNew ? join(folder, `new-${round}.db`) : path;
      const turn = { moment, path: file, journal, seed: random.seed(), signerKey, aheadMs: round * ROUND_MS };
      const { stage, problem } = await writer.workAndDie(turn, killAt, random.between(0, withinMs));
      kills++;
      const doing = isNew && stage === "opening" ? "migrating" : stage;
      stages[doing] = (stages[doing] ?? 0) + 1;
      if (problem !== undefined) findings.add("a writer failed", problem);
      if (!isNew) journals.push(journal);
      const history = readHistory(existsSync(journal) ? [journal] : []);
      FileCheck.run(file, (check) => {
        check.batches(history, findings);
        if (isNew || round % INTEGRITY_EVERY === 0) check.integrity(findings);
        if (isNew) return;
        const now = check.count();
        if (now < events) findings.add("events are gone", `${events} before, ${now} after round ${round}`);
        events = now;
      });
      if (isNew) await reopen(file, history, findings);
    }
  } finally {
    await next.kill();
  }
  const history = readHistory(journals.filter((journal) => existsSync(journal)));
  const lost = FileCheck.run(path, (check) => {
    check.batches(history, findings);
    check.integrity(findings);
    return check.events(history, findings);
  });
  const log = await checkSealed({ path, folder, history, signerKey, aheadMs: (rounds + 1) * ROUND_MS }, findings);
  return { violations: findings.lines, kills, stages, acknowledged: history.stored.size, lost, ...log };
}

interface SealedFile {
  readonly path: string;
  readonly folder: string;
  readonly history: History;
  readonly signerKey: string;
  readonly aheadMs: number;
}

/** Seals what is left, finishes erasures that were cut off, and compares the log with the file. */
async function checkSealed(
  { path, folder, history, signerKey, aheadMs }: SealedFile,
  findings: Findings,
): Promise<Pick<KillReport, "sealed" | "erasedSessions">> {
  const storage = await openSqliteStorage({ path, clock: () => Date.now() + aheadMs });
  let found: { readonly sealed: number; readonly erased: ReadonlySet<string> };
  try {
    await createSealer(storage, { key: parseSignerKey(signerKey) }).init();
    const erased = await finishErasures(storage, history, findings, true);
    await sealAll(storage, { signerKey });
    const sealed = await checkLog(storage, await storage.audit.count(), { signerKey, archives: [] }, findings);
    found = { sealed, erased };
  } finally {
    await storage.close();
  }
  await checkFiles(folder, found.erased, findings, (name) => name.startsWith("audit.db"));
  return { sealed: found.sealed, erasedSessions: found.erased.size };
}

/** A file whose making was interrupted is opened like any other one. */
async function reopen(path: string, history: History, findings: Findings): Promise<void> {
  const storage = await openSqliteStorage({ path });
  await storage.audit.append([{ ts: new Date(), agentId: "after", action: "message", decision: "allow" }]);
  const count = await storage.audit.count({ agentId: "after" });
  if (count !== 1) findings.add("a file whose making was interrupted does not keep an event", path);
  await storage.close();
  FileCheck.run(path, (check) => check.batches(history, findings));
  await rm(path);
}
