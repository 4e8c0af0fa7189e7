/** A backend profile whose contract run the full test suite must, or may, include. */
export interface Profile {
  readonly name: string;
  /** A required profile that did not run fails the run. */
  readonly required: boolean;
  /** What to do so that it runs. */
  readonly remedy: string;
}

const IN_CI = process.env.CI !== undefined;
const SERVER = "see tools/test-services for what it needs";

export const PROFILES: readonly Profile[] = [
  { name: "memory", required: true, remedy: "it needs nothing; its test file is missing" },
  { name: "sqlite", required: true, remedy: "it needs the better-sqlite3 build; run the install again" },
  { name: "jsonl", required: true, remedy: "it needs nothing; its test file is missing" },
  { name: "postgres", required: IN_CI, remedy: SERVER },
  { name: "timescale-apache", required: IN_CI, remedy: SERVER },
  { name: "timescale-community", required: false, remedy: "set AASM_TEST_TIMESCALE_URL, or run Docker" },
  { name: "postgres-15", required: false, remedy: "it needs a server older than 17 at 127.0.0.1:5432" },
  ...["approvals", "cache", "limits"].flatMap((port) => [
    { name: `${port} on memory`, required: true, remedy: "it needs nothing; its test file is missing" },
    { name: `${port} on redis`, required: IN_CI, remedy: SERVER },
    { name: `${port} on redis-7`, required: false, remedy: "it needs a Redis 7 at 127.0.0.1:6379" },
  ]),
  { name: "approvals on sqlite", required: true, remedy: "it needs the better-sqlite3 build; run the install again" },
  { name: "approvals on jsonl", required: true, remedy: "it needs nothing; its test file is missing" },
  { name: "approvals on postgres", required: IN_CI, remedy: SERVER },
  { name: "approvals on postgres-15", required: false, remedy: "it needs a server older than 17 at 127.0.0.1:5432" },
];

/** Set by `servicesFor` of test-services: why servers could not be had, by name. */
const MISSING_VARIABLE = "AASM_MISSING_PROFILES";

/** Why profiles could not be had, as the set-up found out. */
export function reasons(): Readonly<Record<string, string>> {
  return JSON.parse(process.env[MISSING_VARIABLE] ?? "{}") as Record<string, string>;
}
