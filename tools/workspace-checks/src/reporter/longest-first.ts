import { statSync } from "node:fs";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/** What to expect of files that no run on this machine has timed yet, from what their names tell. The first match counts. */
const GUESSES: readonly (readonly [pattern: RegExp, milliseconds: number])[] = [
  [/\/mutants\.unit\.test\.ts$/, 15_000],
  [/\.unit\.test\.ts$/, 0],
  [/\/storage-postgres\/.*\.contract\.test\.ts$/, 100_000],
  [/\/workspace-checks\/test\/packages\//, 60_000],
  [/\/storage-postgres\/|\/retention\/test\/stores\//, 20_000],
  [/postgres/, 15_000],
  [/\/test-services\//, 10_000],
  [/./, 5_000],
];

/** Starts the files that take longest first: at the end of the run, no process waits for a long one that another began late. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const timed = files.map((file) => ({ file, ms: this.#timed(file) ?? guess(file.moduleId) }));
    return timed.sort((a, b) => b.ms - a.ms || a.file.moduleId.localeCompare(b.file.moduleId)).map(({ file }) => file);
  }

  /** How long the file took in the last run, if there was one. */
  #timed({ project, moduleId }: TestSpecification): number | undefined {
    const name = moduleId.slice(this.ctx.config.root.length + 1);
    return this.ctx.cache.getFileTestResults(`${project.name}:${name}`)?.duration;
  }
}

function guess(path: string): number {
  const [, milliseconds] = GUESSES.find(([pattern]) => pattern.test(path)) as (typeof GUESSES)[number];
  // Among their like, larger files come first.
  return milliseconds + statSync(path).size / 1000;
}
