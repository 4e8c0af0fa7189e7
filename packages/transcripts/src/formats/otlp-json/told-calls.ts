import type { JsonObject, NewAuditEvent } from "@agent-assembly/storage-core";
import { detached } from "../../calls/detached.js";
import { type Place, problem, type TranscriptItem } from "../../item.js";

/** Ids of a source that are remembered. */
const MOST_IDS = 50_000;

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
  /** More calls than are remembered. */
  #tooMany = false;

  mention(ids: readonly string[], place: Place): void {
    for (const id of ids) keepFirst(this.#mentioned, id, place);
  }

  add(event: NewAuditEvent, asked: readonly string[], place: Place): void {
    for (const id of asked) keepFirst(this.#asked, id, place);
    const { toolCallId, span } = event.payload as JsonObject;
    if (event.action === "message" && typeof toolCallId === "string") keepFirst(this.#mentioned, toolCallId, place);
    if (event.action !== "tool_call") return;
    if (typeof toolCallId === "string") this.#add(this.#made, toolCallId);
    const { id, parent } = (span ?? {}) as JsonObject;
    if (typeof id === "string") this.#add(this.#spans, `${event.traceId} ${id}`);
    if (typeof parent === "string") keepFirst(this.#parents, `${event.traceId} ${parent}`, place);
  }

  #add(ids: Set<string>, id: string): void {
    if (ids.size < MOST_IDS) ids.add(detached(id));
    else if (!ids.has(id)) this.#tooMany = true;
  }

  *end(): Generator<TranscriptItem> {
    if (this.#tooMany) {
      const reason = `has more than ${MOST_IDS} calls: they were not compared with those that models asked for`;
      yield problem("left_out", "warning", {}, reason);
      return;
    }
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
  if (!places.has(id) && places.size < MOST_IDS) places.set(detached(id), place);
}
