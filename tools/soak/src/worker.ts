// One process of a soak. argv: an Assignment as JSON. Works until it is told to stop, through faults of every kind, and
// writes down what was acknowledged. Exits with 1 after a failure that no fault explains.

import { existsSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type AgentStorage, openStorage } from "@agent-assembly/storage";
import { isStorageError } from "@agent-assembly/storage-core";
import { moveClock } from "./clock.js";
import { Journal, readJournal } from "./journal.js";
import type { Assignment, News, Order } from "./messages.js";
import { Random } from "./random.js";
import { ROLES } from "./roles/index.js";
import { isExplained } from "./roles/role.js";

const assignment = JSON.parse(process.argv[2] as string) as Assignment;
const { role, name, seed, settings } = assignment;
/** Between two attempts to open a store whose server is away. */
const OPEN_AGAIN_MS = 200;

const random = new Random(seed);
const progress: { position?: string } = {};
if (existsSync(assignment.journal)) {
  const delivered = readJournal(assignment.journal).findLast(({ kind }) => kind === "delivered");
  if (delivered?.kind === "delivered") progress.position = delivered.position;
}
const journal = new Journal(assignment.journal);
const ending = new AbortController();
const send = (news: News): void => {
  // The soak's own process may be gone already.
  if (process.connected) process.send?.(news);
};
process.on("message", (order: Order) => {
  if (order.kind === "clock") moveClock(order.offsetMs);
  else ending.abort();
});
process.on("disconnect", () => process.exit(0));
// The soak may have been killed while this process loaded its modules.
if (!process.connected) process.exit(0);

async function open(): Promise<AgentStorage | undefined> {
  while (!ending.signal.aborted) {
    try {
      return await openStorage({ ...settings.storage, migrate: "off" });
    } catch (error) {
      if (!isExplained(error)) throw error;
      await sleep(OPEN_AGAIN_MS);
    }
  }
  return undefined;
}

async function work(storage: AgentStorage): Promise<void> {
  const { step, pauseMs } = ROLES[role];
  const tell = (what: string): void => send({ kind: "did", what });
  const report = (what: string): void => send({ kind: "violation", what });
  for (let steps = 1; !ending.signal.aborted; steps++) {
    try {
      await step({ storage, settings, journal, random, name, progress, signal: ending.signal, tell, report });
      send({ kind: "steps", steps });
    } catch (error) {
      if (ending.signal.aborted && (error as Error).name === "AbortError") return;
      // Several processes claim the same requests and change the same policies.
      if (!isExplained(error) && !isStorageError(error, "conflict")) throw error;
      tell(`had ${(error as { code?: string }).code}`);
    }
    await sleep(random.between(0, pauseMs), undefined, { signal: ending.signal }).catch(() => undefined);
  }
}

const storage = await open();
if (storage !== undefined) {
  try {
    await work(storage);
  } catch (error) {
    console.error(error);
    process.exitCode = 1;
  }
  await storage.close();
}
journal.close();
process.disconnect?.();
