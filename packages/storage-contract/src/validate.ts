import { parseArgs } from "node:util";
import { CONTRACT_CASES } from "./cases/index.js";
import type { ContractCase } from "./contract-case.js";
import type { StorageHarness } from "./harness.js";
import { HarnessProblem, loadHarness } from "./load-harness.js";
import { missingCases } from "./manifest.js";
import { type CaseMode, runCase } from "./run-case.js";
import { withinLimit } from "./support/time-limit.js";

export const USAGE = `Usage: validate-storage-backend HARNESS [--filter PREFIX] [--case-timeout MS] [--json]

Runs the behaviour suite on a storage backend. HARNESS is a module whose default export, or export "harness", is a
StorageHarness.

  --filter PREFIX    only cases whose id begins with PREFIX
  --case-timeout MS  a case that takes longer fails; default 30000
  --json             one JSON document instead of a line per case
  --help             this text

Exit status: 0 every case holds, 1 a case fails or is missing, 2 the call is wrong.
`;

/** Where a run writes to; `process.stdout` and `process.stderr` fit. */
export interface Output {
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
}

interface CaseReport {
  readonly id: string;
  readonly title: string;
  readonly status: "passed" | "failed";
  /** Which half ran; absent when it failed. */
  readonly mode?: CaseMode;
  readonly durationMs: number;
  readonly error?: string;
}

interface Call {
  readonly module: string;
  readonly prefix: string;
  readonly json: boolean;
  readonly timeoutMs: number;
}

class UsageError extends Error {}

/** The command line tool. @returns its exit status */
export async function validate(
  args: readonly string[],
  { stdout, stderr }: Output,
  cases: readonly ContractCase[] = CONTRACT_CASES,
): Promise<0 | 1 | 2> {
  if (args.includes("--help")) {
    stdout.write(USAGE);
    return 0;
  }
  try {
    const { module, prefix, json, timeoutMs } = parse(args);
    const harness = await loadHarness(module);
    const chosen = cases.filter(({ id }) => id.startsWith(prefix));
    if (chosen.length === 0) throw new UsageError(`no case begins with "${prefix}"`);
    const reports: CaseReport[] = [];
    for (const testCase of chosen) {
      const report = await reportOf(harness, testCase, timeoutMs);
      reports.push(report);
      if (!json) stdout.write(lineOf(report));
    }
    await withinLimit(harness.close?.() ?? Promise.resolve(), timeoutMs, "closing the harness");
    const missing = missingCases(
      cases.map(({ id }) => id),
      [],
    ).filter((id) => id.startsWith(prefix));
    const failed = reports.filter(({ status }) => status === "failed").length;
    const totals = { passed: reports.length - failed, failed, missing };
    if (json) {
      stdout.write(`${JSON.stringify({ harness: harness.name, ...totals, cases: reports }, null, 2)}\n`);
    } else {
      for (const id of missing) stdout.write(`missing  ${id}\n`);
      stdout.write(`${harness.name}: ${totals.passed} passed, ${failed} failed, ${missing.length} missing\n`);
    }
    return failed > 0 || missing.length > 0 ? 1 : 0;
  } catch (error) {
    if (error instanceof HarnessProblem) {
      stderr.write(`${error.message}\n`);
      return 2;
    }
    if (!(error instanceof UsageError)) throw error;
    stderr.write(`${error.message}\n\n${USAGE}`);
    return 2;
  }
}

function parse(args: readonly string[]): Call {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        filter: { type: "string", default: "" },
        "case-timeout": { type: "string", default: "30000" },
        json: { type: "boolean", default: false },
      },
    });
    const [module, ...rest] = positionals;
    if (module === undefined || rest.length > 0) throw new UsageError("name one harness module");
    return { module, prefix: values.filter, json: values.json, timeoutMs: milliseconds(values["case-timeout"]) };
  } catch (error) {
    throw error instanceof TypeError ? new UsageError(error.message) : error;
  }
}

/** A timer can wait for less than 25 days. */
function milliseconds(text: string): number {
  const ms = Number(text);
  if (!/^\d+$/.test(text) || ms < 1 || ms > 2 ** 31 - 1) {
    throw new UsageError("--case-timeout must be a whole number of milliseconds from 1 to 2147483647");
  }
  return ms;
}

async function reportOf(harness: StorageHarness, testCase: ContractCase, timeoutMs: number): Promise<CaseReport> {
  const { id, title } = testCase;
  const start = performance.now();
  const durationMs = () => Math.round(performance.now() - start);
  try {
    const mode = await runCase(harness, testCase, { timeoutMs });
    return { id, title, status: "passed", mode, durationMs: durationMs() };
  } catch (error) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return { id, title, status: "failed", durationMs: durationMs(), error: text };
  }
}

function lineOf({ id, title, status, mode, durationMs, error }: CaseReport): string {
  if (status === "failed")
    return `failed   ${id} (${durationMs} ms): ${title}\n${(error ?? "").replace(/^/gm, "  ")}\n`;
  return `passed   ${id} (${durationMs} ms)${mode === "refusal" ? " by refusing" : ""}\n`;
}
