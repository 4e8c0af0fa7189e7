import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { DIST, runChild } from "./support/child.js";
import { tempFolder } from "./support/temp-folder.js";

const ROWS = 500_000;
const HEAP_MB = 200;

/** Payloads alone are 500 bytes each: the events of this day are several times what the process may hold. */
const SCRIPT = `
import { openArchive, restoreArchive } from ${JSON.stringify(DIST)};
const day = Date.parse("2026-03-01T00:00:00Z");
const rows = ${ROWS};
async function* events() {
  for (let n = 0; n < rows; n++) {
    const ts = new Date(day + Math.floor((n * 86400000) / rows));
    const eventId = "00000000-0000-4000-8000-" + n.toString(16).padStart(12, "0");
    const payload = { tool: "search", n, text: String(n).padEnd(450, "lorem ipsum ") };
    yield { ts, recordedAt: ts, eventId, agentId: "agent-" + (n % 50), action: "tool_call", decision: "allow", dryRun: false, payload };
  }
}
let peak = 0;
const timer = setInterval(() => { peak = Math.max(peak, process.memoryUsage().rss); }, 20);
const archive = await openArchive(process.argv[1]);
const segment = { id: "2026-03-01", from: new Date(day), to: new Date(day + 86400000) };
const manifest = await archive.write({ archiveId: "a", segment }, events());
await archive.publish(manifest);
let found = 0;
for await (const event of archive.events()) if (event.payload.n === found) found++;
let backwards = 0;
for await (const _ of archive.events({}, { order: "newest" })) backwards++;
const verified = [];
for await (const { status } of archive.verify()) verified.push(status);
const sums = await restoreArchive(archive, { insert: async (batch) => ({ inserted: batch.length, duplicates: 0, conflicts: 0 }) });
clearInterval(timer);
console.log(JSON.stringify({ rows: manifest.rows, found, backwards, verified, inserted: sums.inserted, peakMb: Math.round(peak / 1e6) }));
`;

it("a day of half a million events is written, read and restored in bounded memory", { timeout: 180_000 }, async () => {
  const url = pathToFileURL(tempFolder()).href;
  const nodeOptions = [`--max-old-space-size=${HEAP_MB}`];
  const { stdout, stderr, exitCode } = await runChild(SCRIPT, [url], { nodeOptions });
  expect([exitCode, stderr]).toEqual([0, ""]);
  const { peakMb, ...result } = JSON.parse(stdout) as { peakMb: number };
  expect(result).toEqual({ rows: ROWS, found: ROWS, backwards: ROWS, verified: ["ok"], inserted: ROWS });
  expect(peakMb).toBeLessThan(400);
});
