// One process of `pnpm soak:kills`: waits for its turn, then opens the file, appends to it and closes it, until it is killed.

import { once } from "node:events";
import { createSealer, parseSignerKey } from "@agent-assembly/evidence";
import type { NewAuditEvent, StorageBackend } from "@agent-assembly/storage-core";
import { uuidV7 } from "@agent-assembly/storage-core/backend";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { Journal } from "../journal.js";
import { Random } from "../random.js";
import { eraseSessions } from "../roles/eraser.js";
import { SESSION_PREFIX } from "../settings.js";
import type { Stage, Turn } from "./messages.js";

/** A checkpoint runs after 4 MiB of new log. */
const MANY_BYTES = { events: 22, each: 200_000 } as const;
/** Calls of append before a file is closed, at most. */
const FEW = 5;

// Ctrl-C is sent to this process as well, and its round must end in order.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(0));

const tell = (stage: Stage): void => void process.send?.(stage);

/** The agent is the batch, so that the table tells how much of a batch is there. */
async function append(storage: StorageBackend, journal: Journal, count: number, bytes: number): Promise<void> {
  const agentId = `batch ${uuidV7(Date.now())}`;
  const sessionId = `${SESSION_PREFIX}${uuidV7(Date.now())}`;
  const events: NewAuditEvent[] = Array.from({ length: count }, () => ({
    eventId: uuidV7(Date.now()),
    ts: new Date(),
    agentId,
    sessionId,
    action: "message",
    decision: "allow",
    payload: { text: `${sessionId} ${"x".repeat(bytes)}` },
  }));
  const ids = events.map(({ eventId }) => eventId as string);
  journal.write({ kind: "sent", events: ids.map((id) => ({ id, agentId, age: "new" })) });
  const { inserted } = await storage.audit.append(events);
  if (inserted !== count) throw new Error(`${inserted} of ${count} events were inserted`);
  journal.write({ kind: "stored", ids });
}

async function work({ moment, path, journal: journalPath, seed, signerKey, aheadMs }: Turn): Promise<void> {
  const random = new Random(seed);
  const journal = new Journal(journalPath);
  const appendSome = (storage: StorageBackend) =>
    append(storage, journal, random.pick([1, 1, 1, 3, 20, 100]), random.between(0, 500));
  tell("opening");
  const storage = await openSqliteStorage({ path, clock: () => Date.now() + aheadMs });
  tell("writing");
  if (moment === "sealing" || moment === "erasing") {
    const sealer = createSealer(storage, { key: parseSignerKey(signerKey) });
    await sealer.init();
    await sealer.sealOnce();
    tell(moment);
    for (;;) {
      await appendSome(storage);
      if (moment === "erasing") await eraseOne(storage, journal, random);
      else await sealer.sealOnce();
    }
  }
  if (moment === "checkpointing") {
    await append(storage, journal, MANY_BYTES.events, MANY_BYTES.each);
    tell("checkpointing");
  }
  if (moment === "closing") {
    for (let left = random.between(1, FEW); left > 0; left--) await appendSome(storage);
    tell("closing");
    await storage.close();
    tell("closed");
    return;
  }
  // Two calls at the same time share a commit.
  for (;;) await Promise.all(Array.from({ length: random.between(1, 2) }, () => appendSome(storage)));
}

/** Erases parts of the events of one session. */
async function eraseOne(storage: StorageBackend, journal: Journal, random: Random): Promise<void> {
  const order = random.pick(["newest", "oldest"] as const);
  const { items } = await storage.audit.query({ action: "message" }, { limit: 100, order });
  const sessions = items.flatMap(({ sessionId }) => sessionId ?? []);
  if (sessions.length === 0) return;
  const sessionId = random.pick(sessions);
  journal.write({ kind: "erasing", sessionId });
  await eraseSessions(storage, [sessionId], { isArchived: false, waitMs: 0 });
  journal.write({ kind: "erased", sessionId });
}

const [turn] = process.connected ? await readyForTurn() : [];
if (turn !== undefined) await work(turn);

async function readyForTurn(): Promise<Turn[]> {
  const coming = once(process, "message") as Promise<Turn[]>;
  tell("ready");
  return coming;
}
