import type { Finding, FindingCode } from "../findings.js";

/** Findings that a report lists; all are counted. */
const MOST_FINDINGS = 1_000;
/** Things that could not be checked and are listed. */
const MOST_UNCHECKED = 100;

/** Collects what does not hold, and what could not be checked. */
export class FindingList {
  readonly findings: Finding[] = [];
  readonly unchecked: string[] = [];
  count = 0;
  /** Files of which something was found: that they were changed is no second finding. */
  readonly #files = new Set<string>();
  readonly #told = new Set<string>();

  /** @param files of the export that it was found in */
  add(finding: Finding, ...files: readonly string[]): void {
    for (const file of files) this.#files.add(file);
    const { code, leaf, detail } = finding;
    // One damaged tile would be told for each leaf below it.
    const key = `${code} ${leaf ?? ""} ${detail}`;
    if (this.#told.has(key)) return;
    this.count++;
    if (this.findings.length >= MOST_FINDINGS) return;
    this.#told.add(key);
    this.findings.push(finding);
  }

  /** Adds a finding of a whole file. */
  addFile(code: FindingCode, file: string, problem: string): void {
    this.add({ code, detail: `${file} ${problem}` }, file);
  }

  /** States what could not be checked, which is no pass. */
  addUnchecked(what: string): void {
    if (!this.unchecked.includes(what) && this.unchecked.length < MOST_UNCHECKED) this.unchecked.push(what);
  }

  isTold(file: string): boolean {
    return this.#files.has(file);
  }
}
