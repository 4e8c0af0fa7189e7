import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { AUTHOR_KIT, DIST } from "./support/child.js";
import { archive, collect, DAY, DAY_MS, eventNumbers } from "./support/events.js";
import { openFolder } from "./support/open.js";
import { tempFolder } from "./support/temp-folder.js";

/** Archives a thousand events of each of two days, and half of those of a third; then it says so and waits. */
const SCRIPT = `
import { openArchive } from ${JSON.stringify(DIST)};
import { parseRestoredEvents } from ${JSON.stringify(AUTHOR_KIT)};
const day = ${DAY};
async function* rows() {
  for (let n = 0; n < 2500; n++) {
    const ts = new Date(day + n * 86400);
    const eventId = "00000000-0000-4000-8000-" + n.toString(16).padStart(12, "0");
    const event = { ts, recordedAt: ts, eventId, agentId: "a", action: "x", decision: "allow", dryRun: false };
    yield parseRestoredEvents([event]);
  }
  process.stdout.write("half\\n");
  await new Promise(() => setInterval(() => undefined, 1000));
}
const archive = await openArchive(process.argv[1]);
const partition = { id: "week", from: new Date(day), to: new Date(day + 7 * 86400000) };
await archive.write({ archiveId: "killed", partition }, rows());
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
  // In the middle of the third day's file.
  await Promise.race([once(child.stdout, "data"), gone]);
  child.kill("SIGKILL");
  await gone;
  const files = (): string[] =>
    readdirSync(join(folder, "dataset=audit"), { recursive: true, encoding: "utf8" }).filter((name) =>
      /\.(parquet|tmp)$/.test(name),
    );
  expect(files().filter((name) => name.includes("/killed-"))).toHaveLength(2);
  expect(files().filter((name) => name.endsWith(".tmp"))).toHaveLength(1);
  expect((await collect(opened.manifests())).map(({ archiveId }) => archiveId)).toEqual(["before"]);
  expect(await collect(opened.events())).toEqual(eventNumbers(10));
  await opened.discard({ archiveId: "killed", from: week.from, to: week.to });
  expect(files()).toEqual(["date=2026-03-01/before-0001.parquet"]);
});
