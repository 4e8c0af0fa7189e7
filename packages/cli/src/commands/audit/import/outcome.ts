import type { Place, ProblemGroup, TranscriptProblem } from "@agent-assembly/transcripts";
import { TranscriptSummary } from "@agent-assembly/transcripts";

/** A problem of one source, with the number of equal ones. */
export interface ImportProblem extends Place {
  readonly source: string;
  readonly code: string;
  readonly severity: TranscriptProblem["severity"];
  readonly reason: string;
  readonly count: number;
}

/** How many kinds are kept of one source. */
const MOST_KINDS = 100;

/** What became of one source. */
export class SourceOutcome {
  summary = new TranscriptSummary();
  inserted = 0;
  duplicates = 0;
  /** Parts of the source that were not stored. */
  rejected = 0;
  /** Events that are older than what retention keeps. */
  tooOld = 0;
  readonly #rejections = new Map<string, ImportProblem>();

  constructor(readonly name: string) {}

  /** An event that the store rejected, or a source that cannot be opened. */
  reject(place: Place, code: string, reason: string): void {
    this.rejected++;
    this.refuse(place, code, reason);
  }

  /** The same where it is counted elsewhere. */
  refuse(place: Place, code: string, reason: string): void {
    this.#add(place, code, "error", reason);
  }

  /** What happened to the source itself. */
  note(code: string, reason: string): void {
    this.#add({}, code, "warning", reason);
  }

  /** The source is read again from its beginning, because what is known of it was forgotten. */
  countAgain(): void {
    this.summary = new TranscriptSummary();
    this.tooOld = 0;
  }

  #add(place: Place, code: string, severity: ImportProblem["severity"], reason: string): void {
    const key = `${code} ${reason}`;
    const known = this.#rejections.get(key);
    if (known !== undefined) this.#rejections.set(key, { ...known, count: known.count + 1 });
    else if (this.#rejections.size < MOST_KINDS) {
      this.#rejections.set(key, { source: this.name, ...place, code, severity, reason, count: 1 });
    }
  }

  /** Each kind once, in the order in which the first of it came. */
  get problems(): ImportProblem[] {
    const read = this.summary.problems.map((group: ProblemGroup) => {
      const { code, severity, reason, count, place } = group;
      return { source: this.name, ...place, code, severity, reason, count };
    });
    return [...read, ...this.#rejections.values()];
  }
}

/** What became of an import. */
export interface ImportOutcome {
  readonly sources: readonly SourceOutcome[];
  /** `stopped`: `--strict` or an answer ended it before anything was stored; `dry`: nothing was to be stored. */
  readonly kind: "stored" | "stopped" | "declined" | "dry";
  /** Days for which retention keeps events, where there are older ones. */
  readonly keptDays: number | undefined;
}

export function totalOf(
  sources: readonly SourceOutcome[],
  member: "inserted" | "duplicates" | "rejected" | "tooOld",
): number {
  return sources.reduce((sum, source) => sum + source[member], 0);
}

/** The problems of all sources, errors first. */
export function problemsOf(sources: readonly SourceOutcome[]): ImportProblem[] {
  const all = sources.flatMap(({ problems }) => problems);
  return all.toSorted((a, b) => Number(a.severity === "warning") - Number(b.severity === "warning"));
}
