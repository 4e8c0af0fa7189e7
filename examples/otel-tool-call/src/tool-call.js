import { randomUUID } from "node:crypto";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { readJournal, writeToJournal } from "./journal.js";
import { spansOf } from "./spans.js";

const JOURNAL = process.env.JOURNAL ?? "calls.jsonl";

/** The tool: how many words a text has. */
function countWords(/** @type {{ text: string }} */ { text }) {
  return { words: text.split(/\s+/).filter((word) => word !== "").length };
}

// The first start makes a call; each start sends what the journal has.
if (readJournal(JOURNAL).length === 0) {
  const call = { id: randomUUID(), tool: "count_words", arguments: { text: "each span once" } };
  const startedAt = Date.now();
  const result = countWords(call.arguments);
  writeToJournal(JOURNAL, { ...call, result, startedAt, endedAt: Date.now() });
}

const calls = readJournal(JOURNAL);
// OTEL_EXPORTER_OTLP_ENDPOINT and OTEL_EXPORTER_OTLP_HEADERS say where to, and with which token.
const exporter = new OTLPTraceExporter();
const { code, error } = await new Promise((resolve) => exporter.export(spansOf(calls, "word-counter"), resolve));
await exporter.shutdown();
if (code === 0) console.log(`sent ${calls.length} call(s): the gateway has stored each of them`);
else {
  console.error(`not sent: ${error?.message ?? "no answer"}; the journal has them for the next time`);
  process.exitCode = 1;
}
