import { type ApprovalHarness, runApprovalContract } from "@agent-assembly/storage-contract";
import type { ApprovalDefaults, ApprovalQueue } from "@agent-assembly/storage-core/state";
import { describe, it } from "vitest";
import { openHttpApprovals } from "../src/index.js";
import { atNewPath, removeFolderOf, startGateway, type TestGateway } from "./support/gateway.js";

interface Opened {
  readonly gateway: TestGateway;
  readonly clock: { now: number };
  readonly others: ApprovalQueue[];
}

const opened = new WeakMap<ApprovalQueue, Opened>();

async function open(path: string, clock: Opened["clock"], defaults: ApprovalDefaults): Promise<ApprovalQueue> {
  const approvals = { pollMs: 10, ...defaults };
  const gateway = await startGateway(path, { clock: () => clock.now, state: { approvals } });
  const queue = openHttpApprovals(gateway.options);
  opened.set(queue, { gateway, clock, others: [] });
  return queue;
}

function openedOf(queue: ApprovalQueue): Opened {
  const own = opened.get(queue);
  if (own === undefined) throw new TypeError("this queue was not made by this harness");
  return own;
}

async function close(queue: ApprovalQueue): Promise<Opened> {
  const own = openedOf(queue);
  for (const other of own.others.splice(0)) await close(other);
  await queue.close();
  await own.gateway.close();
  return own;
}

const harness: ApprovalHarness = {
  name: "http",
  create: (defaults) => atNewPath((path) => open(path, { now: Date.UTC(2026, 0, 15) }, defaults)),
  async second(first, defaults) {
    const { gateway, clock, others } = openedOf(first);
    const other = await open(gateway.path, clock, defaults);
    others.push(other);
    return other;
  },
  async reopen(queue, defaults) {
    const { gateway, clock } = await close(queue);
    return open(gateway.path, clock, defaults);
  },
  log: (queue) => openedOf(queue).gateway.storage.audit,
  async advance(queue, ms) {
    openedOf(queue).clock.now += ms;
  },
  async destroy(queue) {
    const { gateway } = await close(queue);
    removeFolderOf(gateway.path);
  },
};

runApprovalContract(harness, {
  describe,
  it,
  exclusions: [
    {
      id: "approvals.list.too-large",
      reason: "a filter is part of the URL, and the server takes 16 KiB of it",
    },
  ],
});
