/** A backend profile whose contract run the full test suite must, or may, include. */
export interface Profile {
  readonly name: string;
  /** A required profile that did not run fails the run. */
  readonly required: boolean;
  /** What to do so that it runs. */
  readonly remedy: string;
}

export const PROFILES: readonly Profile[] = [
  { name: "memory", required: true, remedy: "it needs nothing; its test file is missing" },
  { name: "sqlite", required: true, remedy: "it needs the better-sqlite3 build; run the install again" },
];
