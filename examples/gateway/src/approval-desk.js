import { AUDIT_ACTIONS, AUDIT_DECISIONS, approvalEvent, requestDigest } from "@agent-assembly/storage";

/** Asks people for approval of calls, and lets each approval be used once. */
export class ApprovalDesk {
  /** @type {Set<Promise<void>>} */
  #watched = new Set();

  /**
   * @param {import("@agent-assembly/storage").AgentStorage} storage
   * @param {import("./recorder.js").Recorder} recorder
   * @param {AbortSignal} signal ends the watching of approvals
   */
  constructor(storage, recorder, signal) {
    this.storage = storage;
    this.recorder = recorder;
    this.signal = signal;
  }

  /** Watches the approvals in the queue: some may have been decided while no gateway was running. */
  async watchAll() {
    let cursor;
    do {
      const page = await this.storage.approvals.list({}, { cursor });
      for (const { requestId } of page.items) this.#watch(requestId);
      cursor = page.next;
    } while (cursor !== undefined);
  }

  /** Resolves when nothing is watched any more. */
  async idle() {
    await Promise.all(this.#watched);
  }

  /**
   * @param {import("./tool-call.js").ToolCall} call
   * @param {string} rule
   */
  async ask(call, rule) {
    const { agentId, teamId } = call;
    const request = requestOf(call);
    const { requestId } = await this.storage.approvals.submit({
      agentId,
      teamId,
      action: AUDIT_ACTIONS.toolCall,
      request,
    });
    this.#watch(requestId);
    await this.recorder.decision(call, AUDIT_DECISIONS.pending, rule);
    return requestId;
  }

  /**
   * Uses an approval for a call, which is recorded as allowed then.
   * @param {import("./tool-call.js").ToolCall} call
   * @param {string} approvalId
   * @param {string} rule
   * @returns {Promise<"used" | "pending" | "denied" | "used before" | "for another call">}
   */
  async use(call, approvalId, rule) {
    const approval = await this.storage.approvals.get(approvalId);
    const isSame = approval?.agentId === call.agentId && approval.digest === requestDigest(requestOf(call));
    if (approval === undefined || !isSame) return "for another call";
    if (approval.state === "pending" || approval.state === "claimed") return "pending";
    if (approval.state === "denied") return "denied";
    // A second use would be the same event again, which the store takes once, whichever gateway sends it.
    const identity = { ts: approval.decision.at, eventId: approvalId };
    return (await this.recorder.decision(call, AUDIT_DECISIONS.allow, rule, identity)) ? "used" : "used before";
  }

  /**
   * Records the decision when there is one. The event's id follows from the decision, so that it does not matter how often
   * this is done, or by how many gateways.
   * @param {string} requestId
   */
  #watch(requestId) {
    const { approvals, audit } = this.storage;
    const watching = approvals
      .wait(requestId, { signal: this.signal })
      .then(async (decided) => void (await audit.append([approvalEvent(decided)])))
      .catch((error) => {
        // The next start of a gateway records what this one did not.
        if (!this.signal.aborted) console.error(`The decision on ${requestId} is not recorded yet: ${error.message}`);
      })
      .finally(() => this.#watched.delete(watching));
    this.#watched.add(watching);
  }
}

/** @param {import("./tool-call.js").ToolCall} call */
function requestOf({ tool, args }) {
  return { tool, arguments: args };
}
