import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Reporter, TestCase, TestModule, TestRunEndReason, TestSpecification, Vitest } from "vitest/node";
import { closingLine, notRun, type TestOutcome, totals } from "./totals.js";

/** The configuration of the run of everything. */
const WHOLE_SUITE = fileURLToPath(new URL("../../../../vitest.config.ts", import.meta.url));

/** Prints, after everything else, which backend profiles ran and the one line that says how the run went. */
export default class ProfileReporter implements Reporter {
  #full = true;
  /** Whether tests were picked by name: the others were not asked for. */
  #picked = false;
  #root = "";
  /** All files of the run. */
  readonly #asked = new Set<string>();
  /** Those that a process has begun. */
  readonly #begun = new Set<string>();
  /** Those that ran to their end, with whatever result. */
  readonly #ended = new Set<string>();

  onInit(vitest: Vitest): void {
    const { root, testNamePattern, project } = vitest.config;
    // Vitest tells its reporters of every filter but the file names on its command line.
    const fileFilter = process.argv.slice(2).some((argument) => argument !== "run" && !argument.startsWith("-"));
    const filtered = fileFilter || testNamePattern !== undefined || (project !== undefined && project.length > 0);
    this.#root = root;
    this.#picked = testNamePattern !== undefined;
    this.#full = !filtered && vitest.vite.config.configFile === WHOLE_SUITE;
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    for (const { moduleId } of specifications) this.#asked.add(moduleId);
  }

  onTestModuleQueued({ moduleId }: TestModule): void {
    this.#begun.add(moduleId);
  }

  onTestModuleEnd({ moduleId }: TestModule): void {
    this.#ended.add(moduleId);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[], reason: TestRunEndReason): void {
    const unfinished = reason === "interrupted" ? "the run was interrupted" : "its process ended";
    const outcomes = modules.flatMap((module) =>
      [...module.children.allTests()].map((test) => outcome(test, unfinished)),
    );
    const dead = unhandledErrors.some(isOfWorker) ? this.#deadFiles() : [];
    // A worker that dies is an error without a module, and one error may stand for several workers.
    const withoutModule = Math.max(unhandledErrors.length, dead.length);
    const broken = modules.filter((module) => module.errors().length > 0).length + withoutModule;
    // A set-up that throws ends the run before there is a module to blame.
    const atStart = reason === "failed" && modules.length === 0 && broken === 0 ? 1 : 0;
    const run = totals(outcomes, broken + atStart, this.#full);
    const width = Math.max(...run.profiles.map(({ name }) => name.length));
    const profiles = run.profiles.map(({ name, line }) => `${name.padEnd(width)}  ${line}`);
    const skipped = this.#picked ? [] : notRun(outcomes);
    if (run.failed > 0) process.exitCode = 1;
    // The default reporter still has its summary to print.
    process.once("exit", () =>
      process.stdout.write(
        [
          section("Backend profiles", profiles),
          section("Tests that did not run", skipped),
          section("Test files that did not end", dead),
          `\n${closingLine(run)}\n`,
        ].join(""),
      ),
    );
  }

  /** A line for each test file whose process ended before the file did: it exited, was killed or ran out of memory. */
  #deadFiles(): string[] {
    const dead = [...this.#asked].filter((file) => !this.#ended.has(file));
    return dead.map((file) => {
      const end = this.#begun.has(file) ? "ended in the middle of it" : "ended";
      return `${relative(this.#root, file)}: its process ${end}`;
    });
  }
}

/** Whether an error says that a worker process ended: vitest has no other sign of it. */
function isOfWorker(error: unknown): boolean {
  return String((error as { readonly message?: unknown }).message).includes("[vitest-pool]");
}

function section(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? "" : `\n${title}\n${lines.map((line) => `  ${line}\n`).join("")}`;
}

/** @param unfinished why a test that was asked for has no result */
function outcome(test: TestCase, unfinished: string): TestOutcome {
  const result = test.result();
  const path = test.fullName.split(" > ");
  if (result.state === "pending") return { path: withNote(path, unfinished), state: "skipped" };
  // What a test that skips itself says of the reason.
  const note = result.state === "skipped" ? result.note : undefined;
  return { path: withNote(path, note), state: result.state };
}

function withNote(path: readonly string[], note: string | undefined): readonly string[] {
  return note === undefined ? path : [...path.slice(0, -1), `${path.at(-1)} (${note})`];
}
