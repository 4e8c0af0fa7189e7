import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { expect, it, onTestFinished } from "vitest";
import { withLock } from "../src/process/lock.js";

/** Enough that some of them always meet on their way to the lock. */
const CALLS = 40;

it("lets one at a time through, also of one process", async () => {
  const folder = await mkdtemp(join(tmpdir(), "aasm-test-lock-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  let inside = 0;
  const work = async (): Promise<number> => {
    const others = inside++;
    for (let turns = 0; turns < 5; turns++) await turn();
    inside--;
    return others;
  };
  const file = join(folder, "lock");
  const found = await Promise.all(Array.from({ length: CALLS }, () => withLock(file, 60_000, work)));
  expect(found).toEqual(Array(CALLS).fill(0));
  expect(await readdir(folder)).toEqual([]);
});
