import type { NewAuditEvent } from "@agent-assembly/storage-core";
import { openSqliteStorage } from "@agent-assembly/storage-sqlite";
import { readTranscript, storeTranscript, type TranscriptFormat } from "@agent-assembly/transcripts";
import { type BenchResult, inTurn, judge, seconds } from "../result.js";
import { ANY_AGE, withStores } from "./store.js";

const CALLS_OF_A_SESSION = 20;
const CHUNK_BYTES = 256 * 1024;
const BATCH_EVENTS = 1000;
const START = Date.UTC(2026, 0, 1);

interface Call {
  readonly n: number;
  readonly session: string;
  readonly ts: string;
  readonly arguments: object;
  readonly result: string;
}

/** The lines of a session; calls and answers are about as large as those of the other benches. */
const SESSIONS: Partial<Record<TranscriptFormat, (calls: readonly Call[]) => object[]>> = {
  "claude-code": (calls) =>
    calls.flatMap(({ n, session, ts, arguments: input, result }) => {
      const line = (role: string, block: object): object => ({
        type: role,
        uuid: `${role}-${n}`,
        sessionId: session,
        cwd: "/app",
        timestamp: ts,
        message: { role, model: "model-1", content: [block] },
      });
      const id = `toolu_${String(n).padStart(20, "0")}`;
      return [
        line("assistant", { type: "tool_use", id, name: "search", input }),
        line("user", { type: "tool_result", tool_use_id: id, content: result }),
      ];
    }),
  "openai-chat": (calls) => [
    {
      session_id: calls[0]?.session,
      model: "model-1",
      messages: calls.flatMap(({ n, ts, arguments: args, result }) => {
        const id = `call_${String(n).padStart(20, "0")}`;
        const called = { name: "search", arguments: JSON.stringify(args) };
        return [
          { role: "assistant", content: null, timestamp: ts, tool_calls: [{ id, type: "function", function: called }] },
          { role: "tool", tool_call_id: id, content: result, timestamp: ts },
        ];
      }),
    },
  ],
};

/** Importing sessions, against appending the same events in batches of 1,000. */
export async function imports(quick: boolean): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [format, toLines] of Object.entries(SESSIONS)) {
    results.push(await measure(format, toLines, quick ? 5000 : 20_000, quick ? 3 : 7));
  }
  return results;
}

function measure(
  format: string,
  toLines: (calls: readonly Call[]) => object[],
  count: number,
  rounds: number,
): Promise<BenchResult> {
  return withStores(async (ours, _, paths) => {
    const other = await openSqliteStorage({ path: paths.raw, limits: ANY_AGE });
    let made = 0;
    const source = (): Uint8Array => {
      const calls = Array.from({ length: count }, (_, index) => callOf(made + index));
      made += count;
      const sessions = Array.from({ length: count / CALLS_OF_A_SESSION }, (_, index) =>
        toLines(calls.slice(index * CALLS_OF_A_SESSION, (index + 1) * CALLS_OF_A_SESSION)),
      );
      return Buffer.from(
        sessions
          .flat()
          .map((line) => `${JSON.stringify(line)}\n`)
          .join(""),
      );
    };
    try {
      const measured = await inTurn(
        rounds,
        async () => {
          const text = source();
          return count / (await seconds(() => storeTranscript(ours.audit, readTranscript(piecesOf(text)))));
        },
        async () => {
          const events: NewAuditEvent[] = [];
          for await (const item of readTranscript(piecesOf(source()))) if ("event" in item) events.push(item.event);
          if (events.length !== count) throw new Error(`${events.length} of ${count} calls of ${format} were read`);
          return count / (await seconds(() => appendAll(other.audit, events)));
        },
      );
      return judge(`sqlite import, ${format}`, "events/s", measured, { kind: "at least", ratio: 0.3 });
    } finally {
      await other.close();
    }
  });
}

async function appendAll(
  audit: { append(events: readonly NewAuditEvent[]): Promise<unknown> },
  events: readonly NewAuditEvent[],
): Promise<void> {
  for (let start = 0; start < events.length; start += BATCH_EVENTS) {
    await audit.append(events.slice(start, start + BATCH_EVENTS));
  }
}

function callOf(n: number): Call {
  return {
    n,
    session: `00000000-0000-4000-8000-${String(Math.floor(n / CALLS_OF_A_SESSION)).padStart(12, "0")}`,
    ts: new Date(START + n).toISOString(),
    arguments: { query: `find order ${n}`, limit: 20, tags: ["a", "b", "c"], note: "x".repeat(150) },
    result: `status ok, rows ${n % 100}, ${"y".repeat(180)}`,
  };
}

async function* piecesOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) yield bytes.subarray(start, start + CHUNK_BYTES);
}
