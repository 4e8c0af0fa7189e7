import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { describe, expect, test } from "vitest";
import { readTranscript, storeTranscript, type TranscriptItem } from "../src/index.js";
import { bytes } from "./support/read.js";

const CALLS = 25;

function session(): string {
  const lines = Array.from({ length: CALLS }, (_, n) => ({
    session_id: "11111111-1111-4111-8111-111111111111",
    messages: [
      { role: "assistant", content: null, tool_calls: [toolCall(n)] },
      { role: "tool", tool_call_id: `call_${n}_of_this_session`, content: "ok" },
    ],
  }));
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

function toolCall(n: number): object {
  const id = `call_${n}_of_this_session`;
  return { id, type: "function", function: { name: "search", arguments: JSON.stringify({ n }) } };
}

describe("what a reader yields is stored once, however it is handed over", () => {
  test("at once", async () => {
    await using storage = openMemoryStorage();
    expect(await storeTranscript(storage.audit, readTranscript(bytes(session())))).toMatchObject({ inserted: CALLS });
  });

  test("after some items were taken", async () => {
    for (const taken of [1, 7, CALLS]) {
      await using storage = openMemoryStorage();
      const items = readTranscript(bytes(session()));
      const seen: TranscriptItem[] = [];
      for (let n = 0; n < taken; n++) seen.push((await items.next()).value);
      expect(seen.every((item) => "event" in item)).toBe(true);
      expect(await storeTranscript(storage.audit, items)).toEqual({
        inserted: CALLS - taken,
        duplicates: 0,
        rejected: 0,
      });
    }
  });

  test("an abort closes the source, and nothing is left to be read", async () => {
    await using storage = openMemoryStorage();
    const stop = new AbortController();
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from(session());
      } finally {
        closed = true;
      }
    }
    const items = readTranscript(source());
    const stored = storeTranscript(storage.audit, items, { signal: stop.signal, onItem: () => stop.abort() });
    await expect(stored).rejects.toThrow();
    expect(closed).toBe(true);
    expect(await items.next()).toMatchObject({ done: true });
  });
});
