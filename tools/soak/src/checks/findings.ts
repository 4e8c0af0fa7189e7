/** Ids that a finding shows. */
const SHOWN = 5;

/** What is not as it must be; many of one kind are one line. */
export class Findings {
  readonly #found = new Map<string, string[]>();

  /** @param what the rule that was broken @param which what broke it */
  add(what: string, which: string): void {
    const all = this.#found.get(what);
    if (all === undefined) this.#found.set(what, [which]);
    else all.push(which);
  }

  get lines(): string[] {
    return [...this.#found].map(([what, which]) => {
      const more = which.length > SHOWN ? `, and ${which.length - SHOWN} more` : "";
      return `${what}: ${which.slice(0, SHOWN).join(", ")}${more}`;
    });
  }
}
