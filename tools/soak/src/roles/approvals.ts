import { uuidV7 } from "@agent-assembly/storage-core/backend";
import type { Role } from "./role.js";

const HOUR_MS = 3_600_000;

/** Submits requests, some of them twice. */
export const requester: Role = {
  pauseMs: 100,
  async step({ storage, journal, random, name }) {
    const requestId = uuidV7(Date.now());
    const request = {
      requestId,
      agentId: name,
      action: "tool_call",
      request: { tool: "deploy" },
      expiresInMs: HOUR_MS,
    };
    for (let times = random.between(1, 2); times > 0; times--) {
      await storage.approvals.submit(request);
      journal.write({ kind: "submitted", requestId });
    }
  },
};

/** Claims requests and decides them. */
export const approver: Role = {
  pauseMs: 100,
  async step({ storage, journal, random, name }) {
    const claimed = await storage.approvals.claimNext({ approver: name, leaseMs: random.between(500, 5000) });
    if (claimed === undefined) return;
    const { requestId, digest } = claimed;
    const verdict = random.pick(["approve", "deny"] as const);
    await storage.approvals.decide(requestId, { approver: name, verdict, digest });
    journal.write({ kind: "decided", requestId, approver: name, verdict });
  },
};
