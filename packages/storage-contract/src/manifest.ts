import { readFileSync } from "node:fs";
import type { Exclusion } from "./exclusion.js";

/** The committed list of case ids: a case that disappears from the code is missed by it. */
export function manifestIds(): readonly string[] {
  return JSON.parse(readFileSync(new URL("../manifest.json", import.meta.url), "utf8")) as string[];
}

/** Ids of the manifest that neither ran nor are excluded. */
export function missingCases(ran: readonly string[], exclusions: readonly Pick<Exclusion, "id">[]): string[] {
  const accounted = new Set<string>([...ran, ...exclusions.map(({ id }) => id)]);
  return manifestIds().filter((id) => !accounted.has(id));
}
