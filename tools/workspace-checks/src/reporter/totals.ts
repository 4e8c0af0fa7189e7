import { PROFILES, type Profile, reasons } from "./profiles.js";

export interface TestOutcome {
  /** Titles from the outermost `describe` to the test. */
  readonly path: readonly string[];
  readonly state: "passed" | "failed" | "skipped";
}

export interface RunTotals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly profiles: readonly { readonly name: string; readonly line: string }[];
}

const PREFIX = "contract: ";

/**
 * @param brokenFiles files that failed to load or errors outside any test; each counts as a failure
 * @param full whether the whole suite was asked for: only then can a profile be missing, and is named when it is
 */
export function totals(
  outcomes: readonly TestOutcome[],
  brokenFiles: number,
  full: boolean,
  expected: readonly Profile[] = PROFILES,
  why: Readonly<Record<string, string>> = reasons(),
): RunTotals {
  const count = (state: TestOutcome["state"], among = outcomes) => among.filter((one) => one.state === state).length;
  const ran = new Map<string, TestOutcome[]>();
  for (const outcome of outcomes) {
    const title = outcome.path.find((part) => part.startsWith(PREFIX));
    if (title === undefined) continue;
    const name = title.slice(PREFIX.length);
    ran.set(name, [...(ran.get(name) ?? []), outcome]);
  }
  let missing = 0;
  const names = new Set([...(full ? expected.map(({ name }) => name) : []), ...ran.keys()]);
  const profiles = [...names].map((name) => {
    const of = ran.get(name);
    if (of !== undefined) {
      return { name, line: `ran: ${count("passed", of)} passed, ${count("failed", of)} failed` };
    }
    const profile = expected.find((one) => one.name === name) as Profile;
    if (profile.required) missing++;
    // The suites of hot-path state are named after the service they run on.
    const service = name.split(" on ").at(-1) as string;
    return { name, line: `not run: ${why[service] ?? profile.remedy}` };
  });
  return {
    passed: count("passed"),
    failed: count("failed") + brokenFiles + missing,
    skipped: count("skipped"),
    profiles,
  };
}

/** What titles of tests say of the server they need. */
const NEEDS = /\(needs ([\w-]+)\)/;

/** Why tests did not run, a line for each server they need; of others their titles, which say it. */
export function notRun(outcomes: readonly TestOutcome[], why: Readonly<Record<string, string>> = reasons()): string[] {
  const titles = outcomes.filter(({ state }) => state === "skipped").map(({ path }) => path.join(" > "));
  const need = (title: string): string | undefined => NEEDS.exec(title)?.[1];
  const needs = [...new Set(titles.map(need))].filter((name) => name !== undefined);
  return [
    ...needs.map((name) => `${titles.filter((title) => need(title) === name).length} need ${name}: ${why[name]}`),
    ...titles.filter((title) => need(title) === undefined),
  ];
}

/** The very last line of a run. */
export function closingLine({ passed, failed, skipped }: RunTotals): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
