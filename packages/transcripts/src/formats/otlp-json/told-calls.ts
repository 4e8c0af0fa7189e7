import type { JsonObject, NewAuditEvent } from "@agent-assembly/storage-core";
import { type Place, problem, type TranscriptItem } from "../../item.js";

/** Ids of a source that are remembered. */
const MOST_IDS = 100_000;

/**
 * Compares what models asked for, and what the history that they were sent speaks of, with the calls that spans and log
 * records tell of: no call goes by unnoticed because its span was not recorded.
 */
export class ToldCalls {
  readonly #made = new Set<string>();
  readonly #asked = new Map<string, Place>();
  readonly #mentioned = new Map<string, Place>();
  /** Spans of calls, and the spans they are in. */
  readonly #spans = new Set<string>();
  readonly #parents = new Map<string, Place>();

  mention(ids: readonly string[], place: Place): void {
    for (const id of ids) keepFirst(this.#mentioned, id, place);
  }

  add(event: NewAuditEvent, asked: readonly string[], place: Place): void {
    for (const id of asked) keepFirst(this.#asked, id, place);
    const { toolCallId, span } = event.payload as JsonObject;
    if (event.action === "message" && typeof toolCallId === "string") keepFirst(this.#mentioned, toolCallId, place);
    if (event.action !== "tool_call") return;
    if (typeof toolCallId === "string" && this.#made.size < MOST_IDS) this.#made.add(toolCallId);
    const { id, parent } = (span ?? {}) as JsonObject;
    if (typeof id === "string" && this.#spans.size < MOST_IDS) this.#spans.add(`${event.traceId} ${id}`);
    if (typeof parent === "string") keepFirst(this.#parents, `${event.traceId} ${parent}`, place);
  }

  *end(): Generator<TranscriptItem> {
    for (const [id, place] of this.#asked) {
      if (this.#made.has(id)) continue;
      const reason =
        "a model asked for a call whose id no span or log record of a call has: it is in payload.toolCalls, and no event of its own";
      yield problem("left_out", "warning", place, reason);
    }
    for (const [id, place] of this.#mentioned) {
      if (this.#made.has(id) || this.#asked.has(id)) continue;
      yield problem(
        "no_call",
        "warning",
        place,
        "speaks of a call whose id no span or log record of a call has in this source",
      );
    }
    for (const [span, place] of this.#parents) {
      if (!this.#spans.has(span)) continue;
      const reason = "is a call within the span of a call, such as that of an MCP client: each of them is an event";
      yield problem("nested_call", "warning", place, reason);
    }
  }
}

function keepFirst(places: Map<string, Place>, id: string, place: Place): void {
  if (!places.has(id) && places.size < MOST_IDS) places.set(id, place);
}
