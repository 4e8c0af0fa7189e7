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
 * @param full whether the whole suite was asked for: only then can a profile be missing
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
  const names = new Set([...expected.map(({ name }) => name), ...ran.keys()]);
  const profiles = [...names].map((name) => {
    const of = ran.get(name);
    if (of !== undefined) {
      return { name, line: `ran: ${count("passed", of)} passed, ${count("failed", of)} failed` };
    }
    const profile = expected.find((one) => one.name === name) as Profile;
    if (profile.required && full) missing++;
    return { name, line: `not run: ${full ? (why[name] ?? profile.remedy) : "not part of this run"}` };
  });
  return {
    passed: count("passed"),
    failed: count("failed") + brokenFiles + missing,
    skipped: count("skipped"),
    profiles,
  };
}

/** Why tests did not run, a line for each reason: by the profile they belong to, else by their own titles. */
export function notRun(
  outcomes: readonly TestOutcome[],
  profiles: readonly Profile[] = PROFILES,
  why: Readonly<Record<string, string>> = reasons(),
): string[] {
  const lines: string[] = [];
  const counts = new Map<string, number>();
  // Longer ones first: some names begin with others.
  const names = profiles.map(({ name }) => name).filter((name) => why[name] !== undefined);
  names.sort((a, b) => b.length - a.length);
  for (const { path, state } of outcomes) {
    if (state !== "skipped") continue;
    const title = path.join(" > ");
    const name = names.find((one) => title.includes(one));
    if (name === undefined) lines.push(title);
    else counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...[...counts].map(([name, count]) => `${count} of ${name}: ${why[name]}`), ...lines];
}

/** The very last line of a run. */
export function closingLine({ passed, failed, skipped }: RunTotals): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ""}`;
}
