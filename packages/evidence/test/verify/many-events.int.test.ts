import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { writeExport } from "../../src/index.js";
import { withFolder } from "../support/exports.js";
import { MemoryLog, VERIFIER_KEY } from "../support/memory-log.js";

/** `AASM_TEST_EVIDENCE_EVENTS=1000000` verifies as many, and prints what it took. */
const EVENTS = Number(process.env.AASM_TEST_EVIDENCE_EVENTS ?? 30_000);
const MIB = 1024 * 1024;

// On Linux the kernel lets a process begin with the peak of the one that started it; what it says of its own memory does not.
const PROGRAM = `
import { existsSync, readFileSync } from "node:fs";
const { main } = await import(process.argv[1]);
const code = await main(process.argv.slice(2), process);
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
const status = "/proc/self/status";
const own = existsSync(status) ? Number(/VmHWM:\\s+(\\d+) kB/.exec(readFileSync(status, "utf8"))[1]) : maxRSS;
console.error(JSON.stringify({ code, peak: own * 1024, cpu: (userCPUTime + systemCPUTime) / 1e6 }));
`;

test("verifying takes memory that does not grow with the events", async () => {
  await withFolder(async (parent) => {
    const log = new MemoryLog({ stepMs: 500 });
    while (log.size < EVENTS) log.append(4_095).seal();
    log.drop("run-1", [[1_000, 3_000]]);
    log.erase(
      "R1",
      Array.from({ length: 100 }, (_, at) => [5_000 + 90 * at, [2, 4]] as const),
    );
    const written = await writeExport(log.seal(), join(parent, "x"));
    const started = performance.now();
    const main = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [
      "--input-type=module",
      "-e",
      PROGRAM,
      main,
      "verify",
      written.folder,
      "--key",
      VERIFIER_KEY,
    ]);
    const { code, peak, cpu } = JSON.parse(stderr);
    const [seconds, mebibytes] = [(performance.now() - started) / 1000, peak / MIB];
    if (EVENTS > 100_000) {
      console.log(`${written.events} events: ${seconds.toFixed(1)} s, ${cpu} s of CPU, ${mebibytes.toFixed(0)} MiB`);
    }
    expect(stdout).toContain("complete: ");
    expect(stdout).toContain("100 erased, 3,000 dropped (run run-1)");
    expect(code).toBe(0);
    expect(peak).toBeLessThan(200 * MIB);
  });
});
