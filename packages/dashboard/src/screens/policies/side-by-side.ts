import { diffLines } from "diff";

interface Side {
  /** From 1. */
  readonly number: number;
  readonly text: string;
}

/** One line of a comparison; a side is absent where the other text has more lines. */
export interface DiffLine {
  readonly kind: "same" | "changed";
  readonly left?: Side;
  readonly right?: Side;
}

/** Two texts line by line: what was removed stands beside what was added in its place. */
export function sideBySide(before: string, after: string): DiffLine[] {
  const lines: DiffLine[] = [];
  let left = 0;
  let right = 0;
  let removed: string[] = [];
  const changed = (added: readonly string[]): void => {
    for (let i = 0; i < Math.max(removed.length, added.length); i++) {
      const [a, b] = [removed[i], added[i]];
      lines.push({
        kind: "changed",
        ...(a === undefined ? {} : { left: { number: ++left, text: a } }),
        ...(b === undefined ? {} : { right: { number: ++right, text: b } }),
      });
    }
    removed = [];
  };
  for (const part of diffLines(before, after)) {
    const texts = part.value.split("\n");
    if (texts.at(-1) === "") texts.pop();
    if (part.removed) {
      changed([]);
      removed = texts;
    } else if (part.added) changed(texts);
    else {
      changed([]);
      for (const text of texts) {
        lines.push({ kind: "same", left: { number: ++left, text }, right: { number: ++right, text } });
      }
    }
  }
  changed([]);
  return lines;
}
