import { openArchive, restoreArchive } from "@agent-assembly/retention";
import { parseRestoredEvents } from "@agent-assembly/storage-core/backend";

/**
 * Run as a program of its own: writes a day of so many events to the archive at a URL, reads them in both directions,
 * verifies and restores them, and prints the most memory that took, bytes. Payloads alone are 500 bytes each.
 */
const [url = "", count = ""] = process.argv.slice(2);
const rows = Number(count);
const from = Date.parse("2026-03-01T00:00:00Z");
const partition = { id: "2026-03-01", from: new Date(from), to: new Date(from + 86_400_000) };

async function* stored() {
  for (let n = 0; n < rows; n++) {
    const ts = new Date(from + Math.floor((n * 86_400_000) / rows));
    const eventId = `00000000-0000-4000-8000-${n.toString(16).padStart(12, "0")}`;
    const payload = { tool: "search", n, text: String(n).padEnd(450, "lorem ipsum ") };
    const what = { agentId: `agent-${n % 50}`, action: "tool_call", decision: "allow", dryRun: false };
    yield parseRestoredEvents([{ ts, recordedAt: ts, eventId, ...what, payload }]);
  }
}

let most = 0;
const timer = setInterval(() => {
  most = Math.max(most, process.memoryUsage().rss);
}, 20);
const archive = await openArchive(url);
await archive.publish(await archive.write({ archiveId: "a", partition }, stored()));
let read = 0;
for (const order of ["oldest", "newest"] as const) for await (const _ of archive.events({}, { order })) read++;
for await (const { status, path } of archive.verify()) if (status !== "ok") throw new Error(`${path} is ${status}`);
const insert = async ({ length }: { readonly length: number }) => ({ inserted: length, duplicates: 0, conflicts: 0 });
const { inserted } = await restoreArchive(archive, { partitions: { restore: insert } });
clearInterval(timer);
if (read !== rows * 2 || inserted !== rows) throw new Error(`${read} events were read, ${inserted} restored`);
console.log(most);
