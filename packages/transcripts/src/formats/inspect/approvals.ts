import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { asId, asText, isObject } from "../../calls/values.js";

/** What was decided about a call, and by whom. */
export interface Approval {
  readonly decision: "allow" | "deny" | undefined;
  readonly details: Readonly<Record<string, JsonValue | undefined>>;
}

const DECISIONS: Readonly<Record<string, "allow" | "deny">> = {
  approve: "allow",
  modify: "allow",
  reject: "deny",
  terminate: "deny",
};

/** The events of approvers. One that escalates leaves the decision to the next one. */
export class Approvals {
  /** What was decided under each call id, in order: ids repeat. */
  readonly #decided = new Map<string, Approval[]>();

  constructor(events: readonly JsonObject[]) {
    for (const event of events) {
      if (event.event !== "approval" || !isObject(event.call)) continue;
      const id = asId(event.call.id);
      const decision = DECISIONS[String(event.decision)];
      if (id === undefined || decision === undefined) continue;
      const modified = isObject(event.modified) ? event.modified.arguments : undefined;
      const details = {
        decisionSource: asText(event.approver),
        decisionReason: asText(event.explanation),
        modifiedArguments: modified,
      };
      const decided = this.#decided.get(id) ?? [];
      decided.push({ decision, details });
      this.#decided.set(id, decided);
    }
  }

  /** What was decided about the next call of an id. */
  next(id: string | undefined, { error }: JsonObject): Approval {
    const approval = id === undefined ? undefined : this.#decided.get(id)?.shift();
    if (approval !== undefined) return approval;
    // The error says as much where the log has no event of it.
    if (isObject(error) && error.type === "approval") {
      return { decision: "deny", details: { decisionSource: "approval" } };
    }
    return { decision: undefined, details: {} };
  }
}
