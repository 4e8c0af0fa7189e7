import { AUDIT_ACTIONS } from "@agent-assembly/storage";
import { HTTPException } from "hono/http-exception";

/** What calls are recorded as: an event of the audit log each, and samples of the declared metrics `tokens` and `cost`. */
export class Recorder {
  /** @param {import("@agent-assembly/storage").AgentStorage} storage */
  constructor(storage) {
    this.storage = storage;
  }

  /** Every gateway declares the metrics at its start; declaring them again changes nothing. */
  async defineMetrics() {
    const { metrics } = this.storage;
    await metrics.define({ name: "tokens", unit: "tokens", kind: "delta", decimals: 0 });
    await metrics.define({ name: "cost", unit: "USD", kind: "delta", decimals: 6 });
  }

  /**
   * @param {import("./tool-call.js").ToolCall} call
   * @param {string} decision
   * @param {string} rule
   * @param {{ ts: Date, eventId?: string }} [identity] of the event; default a new one
   * @returns {Promise<boolean>} false when the store has an event of this identity already
   */
  async decision({ agentId, teamId, tool, args }, decision, rule, identity = { ts: new Date() }) {
    const { inserted, rejected } = await this.storage.audit.append([
      {
        ...identity,
        agentId,
        ...(teamId === undefined ? {} : { teamId }),
        action: AUDIT_ACTIONS.toolCall,
        decision,
        matchedRuleId: rule,
        payload: { tool, arguments: args },
      },
    ]);
    // What cannot be recorded is not done either.
    const problem = rejected.find(({ code }) => code !== "conflict");
    if (problem !== undefined) throw new HTTPException(400, { message: problem.reason });
    return inserted === 1;
  }

  /**
   * @param {import("./tool-call.js").ToolCall} call
   * @param {{ tokens: number, cost: number }} usage
   */
  async usage({ agentId, teamId, tool }, { tokens, cost }) {
    const sample = { ts: new Date(), agentId, teamId, labels: { tool } };
    await this.storage.metrics.record([
      { ...sample, metric: "tokens", value: tokens },
      { ...sample, metric: "cost", value: cost },
    ]);
  }
}
