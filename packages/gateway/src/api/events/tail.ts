import { setTimeout as delay } from "node:timers/promises";
import type { AgentStorage } from "@agent-assembly/storage";
import { type AuditFilter, type Position, StorageError, type TailItem } from "@agent-assembly/storage-core";
import { problemBody, problemOf } from "../../http/problem.js";
import { eventRow } from "./rows.js";
import type { ServerSentEvent } from "./sse.js";

/** How long a resumed tail waits for what speaks against its position before it answers. */
const REFUSAL_MS = 200;

/** What a tail follows. */
export interface TailRequest {
  readonly filter: AuditFilter;
  /** Where the client was; absent: from now on. */
  readonly after: Position | undefined;
  /** Whether events carry their payloads. */
  readonly full: boolean;
  /** Called for each event that is handed on. */
  readonly onEvent: () => void;
  /** Ends the tail. */
  readonly signal: AbortSignal;
}

/**
 * Follows the log. The first message has the position at which the tail begins, so that a client that is cut off before the
 * first event resumes there. Ends with a message: `end`, or `problem` when resuming would not help.
 * @throws StorageError 400 for a position that this store did not give
 */
export async function tailMessages(
  storage: AgentStorage,
  request: TailRequest,
): Promise<AsyncIterable<ServerSentEvent>> {
  const { filter, after, signal } = request;
  const begin = after ?? (await positionNow(storage));
  const items = storage.audit.tail(filter, { after: begin, signal })[Symbol.asyncIterator]();
  const first = items.next();
  // What the store says of a position that it did not give is heard at once, or not at all.
  if (after !== undefined) await Promise.race([first, delay(REFUSAL_MS, undefined, { ref: false })]);
  // Reported when it is asked for below.
  first.catch(() => undefined);
  return messages(first, items, begin, request);
}

async function* messages(
  first: Promise<IteratorResult<TailItem>>,
  items: AsyncIterator<TailItem>,
  begin: Position,
  { full, onEvent }: Pick<TailRequest, "full" | "onEvent">,
): AsyncGenerator<ServerSentEvent> {
  yield { event: "position", id: begin, data: {} };
  try {
    for (let next = await first; next.done !== true; next = await items.next()) {
      const { event, position } = next.value;
      onEvent();
      yield { event: "audit", id: position, data: eventRow(event, full) };
    }
  } catch (error) {
    yield { event: "problem", data: problemBody(problemOf(error)) };
    return;
  } finally {
    await items.return?.();
  }
  yield { event: "end", data: {} };
}

/** The end of the log: what is committed from now on comes behind it. */
async function positionNow({ partitions }: AgentStorage): Promise<Position> {
  const none = new Date(0);
  const { asOf } = await partitions.measure({
    dataset: "audit",
    id: "none",
    from: none,
    to: none,
    rows: 0,
    bytes: 0,
    tier: "hot",
  });
  if (asOf !== undefined) return asOf;
  throw new StorageError({ code: "internal", message: "the store gave no position of its log" });
}
