import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { DIST } from "./support/child.js";
import { archive, collect, DAY, DAY_MS, eventNumbers } from "./support/events.js";
import { openFolder } from "./support/open.js";
import { tempFolder } from "./support/temp-folder.js";

/** Archives a week, 20,000 events a day, and says how far it is. */
const SCRIPT = `
import { openArchive } from ${JSON.stringify(DIST)};
const day = ${DAY};
async function* events() {
  for (let n = 0; n < 140_000; n++) {
    const ts = new Date(day + n * 4320);
    const eventId = "00000000-0000-4000-8000-" + n.toString(16).padStart(12, "0");
    yield { ts, recordedAt: ts, eventId, agentId: "a", action: "x", decision: "allow", dryRun: false };
  }
}
const archive = await openArchive(process.argv[1]);
const segment = { id: "week", from: new Date(day), to: new Date(day + 7 * 86400000) };
await archive.write({ archiveId: "killed", segment }, events(), { onProgress: ({ rows }) => process.stdout.write(rows + "\\n") });
`;

it("a process that is killed while it writes leaves the archive as it was, and what it left can be discarded", async () => {
  const folder = tempFolder();
  const opened = await openFolder(folder);
  const week = { id: "week", from: new Date(DAY), to: new Date(DAY + 7 * DAY_MS) };
  await archive(opened, "before", eventNumbers(10), week);
  const url = pathToFileURL(folder).href;
  const child = spawn(process.execPath, ["--input-type=module", "--eval", SCRIPT, "--", url], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, NODE_OPTIONS: "" },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const gone = once(child, "close");
  let rows = 0;
  for await (const text of child.stdout.setEncoding("utf8")) {
    rows = Math.max(rows, ...String(text).trim().split("\n").map(Number));
    // In the middle of the third day's file.
    if (rows >= 50_000) break;
  }
  child.kill("SIGKILL");
  await gone;
  const files = (): string[] =>
    readdirSync(join(folder, "dataset=audit"), { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.(parquet|tmp)$/.test(name),
    );
  expect(files().length).toBeGreaterThan(2);
  expect(files().some((name) => name.endsWith(".tmp"))).toBe(true);
  expect((await collect(opened.manifests())).map(({ archiveId }) => archiveId)).toEqual(["before"]);
  expect(await collect(opened.events())).toEqual(eventNumbers(10));
  await opened.discard({ archiveId: "killed", from: week.from, to: week.to });
  expect(files()).toEqual(["date=2026-03-01/before-0001.parquet"]);
});
