import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { archive, collect, eventNumber, eventNumbers, ONE_DAY, rowsOf } from "../support/events.js";
import { failureOf } from "../support/failure.js";
import { openFolder } from "../support/open.js";

const folder = mkdtempSync(join(tmpdir(), "aasm-retention-"));
const small = join(folder, "small");
mkdirSync(small);
const mounted = mountSmall();
afterAll(() => {
  if (mounted) execFileSync("umount", [small]);
  rmSync(folder, { recursive: true, force: true });
});

/** A file system of 4 MiB, where this user may mount one. */
function mountSmall(): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "tmpfs", small], { stdio: "ignore" });
    return true;
  } catch (error) {
    console.log(`disk-full test not run: a small file system cannot be mounted here (${(error as Error).message})`);
    return false;
  }
}

it.skipIf(!mounted)(
  "a full disk fails the write with full, leaves nothing, and is over when there is room",
  async () => {
    const opened = await openFolder(join(small, "archive"));
    await archive(opened, "before", eventNumbers(3));
    const ballast = join(small, "ballast");
    writeFileSync(ballast, Buffer.alloc(3 * 1024 * 1024));
    const large = Array.from({ length: 12_000 }, (_, n) =>
      eventNumber(10 + n, { payload: randomBytes(150).toString("hex") }),
    );
    const error = await failureOf(() => opened.write({ archiveId: "large", partition: ONE_DAY }, rowsOf(large)));
    expect([error.code, error.retryable]).toEqual(["full", false]);
    expect(error.message).toContain("large-0001.parquet");
    expect(readdirSync(join(small, "archive/dataset=audit/date=2026-03-01"))).toEqual(["before-0001.parquet"]);
    expect(await collect(opened.events())).toEqual(eventNumbers(3));
    rmSync(ballast);
    await archive(opened, "large", large);
    expect(await collect(opened.events())).toHaveLength(12_003);
  },
);
