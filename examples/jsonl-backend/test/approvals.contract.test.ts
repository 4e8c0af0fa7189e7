import { rmSync } from "node:fs";
import { dirname } from "node:path";
import { type ApprovalHarness, runApprovalContract } from "@agent-assembly/storage-contract";
import type { StorageBackend } from "@agent-assembly/storage-core";
import type { ApprovalDefaults, ApprovalQueue } from "@agent-assembly/storage-core/state";
import { describe, it } from "vitest";
import { openJsonlStorage } from "../src/index.js";
import { newPath } from "./support/harness.js";

interface Opened {
  readonly path: string;
  readonly storage: StorageBackend;
  readonly clock: { now: number };
}

const opened = new WeakMap<ApprovalQueue, Opened>();

async function open(path: string, clock: Opened["clock"], defaults: ApprovalDefaults): Promise<ApprovalQueue> {
  const storage = await openJsonlStorage({ path, clock: () => clock.now });
  const queue = storage.stateSupport?.openApprovals?.({ pollMs: 10, ...defaults });
  if (queue === undefined) throw new TypeError("the store has no approvals");
  opened.set(queue, { path, storage, clock });
  return queue;
}

async function close(queue: ApprovalQueue): Promise<Opened> {
  const own = openedOf(queue);
  await queue.close();
  await own.storage.close();
  return own;
}

function openedOf(queue: ApprovalQueue): Opened {
  const own = opened.get(queue);
  if (own === undefined) throw new TypeError("this queue was not made by this harness");
  return own;
}

const harness: ApprovalHarness = {
  name: "jsonl",
  create: (defaults) => open(newPath(), { now: Date.UTC(2026, 0, 15) }, defaults),
  async reopen(queue, defaults) {
    const { path, clock } = await close(queue);
    return open(path, clock, defaults);
  },
  log: (queue) => openedOf(queue).storage.audit,
  async advance(queue, ms) {
    openedOf(queue).clock.now += ms;
  },
  async destroy(queue) {
    const { path } = await close(queue);
    rmSync(dirname(path), { recursive: true, force: true });
  },
};

runApprovalContract(harness, { describe, it });
