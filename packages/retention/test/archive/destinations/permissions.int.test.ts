import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { openArchive } from "../../../src/index.js";
import { AUTHOR_KIT, DIST, NOBODY, runChild } from "../support/child.js";
import { archive, collect, eventNumbers, ONE_DAY, rowsOf } from "../support/events.js";
import { failureOf } from "../support/failure.js";
import { openFolder } from "../support/open.js";
import { tempFolder } from "../support/temp-folder.js";

/** Opens, writes one event, publishes and reads; prints how far it came and why not further. */
const SCRIPT = `
import { openArchive } from ${JSON.stringify(DIST)};
import { parseRestoredEvents } from ${JSON.stringify(AUTHOR_KIT)};
const [url, access] = process.argv.slice(1);
const ts = new Date("2026-03-01T00:00:00Z");
const event = { ts, recordedAt: ts, eventId: "00000000-0000-4000-8000-000000000001", agentId: "a", action: "x", decision: "allow", dryRun: false };
let step = "open";
try {
  const archive = await openArchive(url, { access });
  step = "read";
  let found = 0;
  for await (const _ of archive.events()) found++;
  if (access === "write") {
    step = "write";
    const partition = { id: "s", from: ts, to: new Date(ts.getTime() + 86400000) };
    await archive.publish(await archive.write({ archiveId: "child", partition }, (async function* () { yield parseRestoredEvents([event]); })()));
  }
  console.log(JSON.stringify({ step: "done", found }));
} catch (error) {
  console.log(JSON.stringify({ step, code: error.code, operation: error.operation, message: error.message }));
}
`;

interface Outcome {
  readonly step: string;
  readonly code?: string;
  readonly message?: string;
  readonly found?: number;
}

async function asNobody(folder: string, access: "read" | "write"): Promise<Outcome> {
  const { stdout, stderr } = await runChild(SCRIPT, [pathToFileURL(folder).href, access], { asNobody: true });
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Outcome;
}

function give(path: string, mode: number): void {
  if (process.getuid?.() === 0) chownSync(path, NOBODY, NOBODY);
  chmodSync(path, mode);
  // Without root's rights, what is in a read-only folder cannot be removed.
  onTestFinished(() => chmodSync(path, 0o700));
}

describe("a folder archive", () => {
  it("is made with its parents, for its owner only (the counter-check)", async () => {
    const folder = tempFolder();
    give(folder, 0o700);
    expect(await asNobody(`${folder}/some/where`, "write")).toEqual({ step: "done", found: 0 });
  });

  it("in a read-only folder is permission_denied at opening, and can be opened for reading", async () => {
    const folder = tempFolder();
    const inner = `${folder}/archive`;
    await archive(await openFolder(inner), "a", eventNumbers(3));
    chmodSync(folder, 0o755);
    for (const part of [
      "",
      "/_manifests",
      "/dataset=audit",
      "/_manifests/dataset=audit",
      "/dataset=audit/date=2026-03-01",
    ]) {
      give(inner + part, 0o555);
    }
    for (const file of ["_manifests/dataset=audit/2026-03-01_a.json", "dataset=audit/date=2026-03-01/a-0001.parquet"]) {
      give(`${inner}/${file}`, 0o400);
    }
    const refused = await asNobody(inner, "write");
    expect(refused).toMatchObject({ step: "open", code: "permission_denied", operation: "archive.open" });
    expect(refused.message).toContain(inner);
    expect(await asNobody(inner, "read")).toEqual({ step: "done", found: 3 });
    chmodSync(`${inner}/dataset=audit/date=2026-03-01/a-0001.parquet`, 0o000);
    expect(await asNobody(inner, "read")).toMatchObject({ step: "read", code: "permission_denied" });
  });

  it("with a folder below that may not be written is permission_denied when written", async () => {
    const folder = tempFolder();
    give(folder, 0o700);
    mkdirSync(`${folder}/dataset=audit`);
    give(`${folder}/dataset=audit`, 0o500);
    const refused = await asNobody(folder, "write");
    expect(refused).toMatchObject({ step: "write", code: "permission_denied" });
    expect(refused.message).toContain("dataset=audit/date=2026-03-01");
  });

  it("that may not be made is permission_denied", async () => {
    const folder = tempFolder();
    give(folder, 0o500);
    expect(await asNobody(`${folder}/new`, "write")).toMatchObject({ step: "open", code: "permission_denied" });
  });

  it("that was opened for reading refuses to write, also where it could", async () => {
    const folder = tempFolder();
    const manifest = await archive(await openFolder(folder), "a", eventNumbers(3));
    await using opened = await openArchive(pathToFileURL(folder).href, { access: "read" });
    const works = [
      () => opened.write({ archiveId: "b", partition: ONE_DAY }, rowsOf(eventNumbers(1))),
      () => opened.publish(manifest),
      () => opened.discard({ archiveId: "a", from: ONE_DAY.from, to: ONE_DAY.to }),
    ];
    for (const work of works) expect((await failureOf(work)).code).toBe("invalid_argument");
    expect(await collect(opened.events())).toHaveLength(3);
  });

  it("that does not exist is not_found for reading; a file in its place is invalid_argument", async () => {
    const folder = tempFolder();
    const url = pathToFileURL(`${folder}/x`).href;
    expect((await failureOf(() => openArchive(url, { access: "read" }))).code).toBe("not_found");
    writeFileSync(`${folder}/x`, "");
    for (const access of ["read", "write"] as const) {
      expect((await failureOf(() => openArchive(url, { access }))).code).toBe("invalid_argument");
    }
    expect((await failureOf(() => openArchive(`${url}/y`))).code).toBe("invalid_argument");
    expect(await collect((await openFolder(`${folder}/z`)).events())).toEqual([]);
  });
});
