import type { Reporter, TestCase, TestModule, Vitest } from "vitest/node";
import { closingLine, notRun, type TestOutcome, totals } from "./totals.js";

/** Prints, after everything else, which backend profiles ran and the one line that says how the run went. */
export default class ProfileReporter implements Reporter {
  #full = true;
  /** Whether tests were picked by name: the others were not asked for. */
  #picked = false;

  onInit(vitest: Vitest): void {
    const { testNamePattern, project } = vitest.config;
    // Vitest tells its reporters of every filter but the file names on its command line.
    const fileFilter = process.argv.slice(2).some((argument) => argument !== "run" && !argument.startsWith("-"));
    this.#picked = testNamePattern !== undefined;
    this.#full = !fileFilter && testNamePattern === undefined && (project === undefined || project.length === 0);
  }

  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const outcomes = modules.flatMap((module) => [...module.children.allTests()].map(outcome));
    const broken = modules.filter((module) => module.errors().length > 0).length + unhandledErrors.length;
    const run = totals(outcomes, broken, this.#full);
    const width = Math.max(...run.profiles.map(({ name }) => name.length));
    const lines = run.profiles.map(({ name, line }) => `  ${name.padEnd(width)}  ${line}`);
    const skipped = (this.#picked ? [] : notRun(outcomes)).map((line) => `  ${line}`);
    const why = skipped.length === 0 ? "" : `\nTests that did not run\n${skipped.join("\n")}\n`;
    if (run.failed > 0) process.exitCode = 1;
    // The default reporter still has its summary to print.
    process.once("exit", () =>
      process.stdout.write(`\nBackend profiles\n${lines.join("\n")}\n${why}\n${closingLine(run)}\n`),
    );
  }
}

function outcome(test: TestCase): TestOutcome {
  const { state } = test.result();
  return { path: test.fullName.split(" > "), state: state === "pending" ? "skipped" : state };
}
