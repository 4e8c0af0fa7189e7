import type { JsonObject } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ChatReader } from "../../src/formats/chat/reader.js";
import { readDocuments } from "../../src/json/read-documents.js";
import { bytes, eventsOf } from "../support/read.js";

const OPTIONS = { agentId: undefined, timeZone: "UTC", decision: "observed", start: new Date(0) };

/** The events of a document that is read whole, or in parts that are not larger than a length. */
async function readIn(text: string, partLength?: number): Promise<unknown[]> {
  const reader = new ChatReader("openai-chat", OPTIONS);
  const items = [];
  for await (const document of readDocuments(bytes(text, 100), partLength === undefined ? {} : { partLength })) {
    if ("problem" in document) throw new Error(document.problem);
    items.push(...reader.read(document));
  }
  items.push(...reader.end());
  return eventsOf(items)
    .map((event) => ({ ...event, payload: event.payload as JsonObject }))
    .toSorted((a, b) => ((a.eventId as string) < (b.eventId as string) ? -1 : 1));
}

const conversation = (session: string, count: number): JsonObject => ({
  session_id: session,
  created_at: 1795600000,
  model: "m",
  messages: Array.from({ length: count }, (_, n) => [
    {
      role: "assistant",
      tool_calls: [{ id: `c${n}`, type: "function", function: { name: "f", arguments: `{"n":${n}}` } }],
    },
    { role: "tool", tool_call_id: `c${n}`, content: `done ${n}` },
  ]).flat(),
});

test("a document that is too large to be read whole has the same events", async () => {
  const counts = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(counts, fc.integer({ min: 300, max: 3000 }), async (sizes, partLength) => {
      const list = sizes.map((count, index) => conversation(`s-${index}`, count));
      const text = JSON.stringify({ version: 1, data: { conversations: list } }, null, 1);
      expect(await readIn(text, partLength)).toEqual(await readIn(text));
    }),
    { numRuns: 60 },
  );
});
