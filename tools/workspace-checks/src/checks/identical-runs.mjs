/**
 * @typedef {{ file: string, from: number, to: number }} Place lines, counted from 1
 * @typedef {{ lines: number, first: Place, second: Place }} IdenticalRun
 */

/** Lines of the shortest run that counts. */
export const SHORTEST_RUN = 6;
/** Pairs of identical runs that the sources may contain. */
export const MOST_RUNS = 15;

/**
 * Whether runs of this file count: sources of packages and tools, apart from generated ones.
 * @param {string} file
 */
export function isCompared(file) {
  return /^(?:packages|tools)\/[^/]+\/src\/.+\.(?:ts|mjs)$/.test(file) && !file.endsWith(".gen.ts");
}

/**
 * Pairs of places with the same lines one after another, each as long as it gets. Indentation does not count; blank lines
 * and imports are left out, and may lie between.
 * @param {ReadonlyMap<string, string>} texts by file
 * @param {number} [least] how many lines
 * @returns {IdenticalRun[]}
 */
export function identicalRuns(texts, least = SHORTEST_RUN) {
  const lines = [...texts].flatMap(([file, text]) => [...significantLines(file, text), { file, at: 0, text: "" }]);
  const isSame = (a, b) =>
    lines[a] !== undefined && lines[b] !== undefined && lines[a].text !== "" && lines[a].text === lines[b].text;
  /** @type {Map<string, number[]>} */
  const starts = new Map();
  for (let at = 0; at + least <= lines.length; at++) {
    const window = lines.slice(at, at + least).map(({ text }) => text);
    if (window.includes("")) continue;
    const key = window.join("\n");
    starts.set(key, [...(starts.get(key) ?? []), at]);
  }
  return [...starts.values()].flatMap((places) =>
    places.flatMap((first, index) =>
      places.slice(index + 1).flatMap((second) => {
        if (isSame(first - 1, second - 1)) return [];
        let length = least;
        // A text that repeats itself must not run into its own repetition.
        while (isSame(first + length, second + length) && first + length < second) length++;
        return first + length > second
          ? []
          : [{ lines: length, first: place(first, length), second: place(second, length) }];
      }),
    ),
  );

  /** @param {number} start @param {number} length @returns {Place} */
  function place(start, length) {
    return { file: lines[start].file, from: lines[start].at, to: lines[start + length - 1].at };
  }
}

/** @param {string} file @param {string} text */
function significantLines(file, text) {
  const withoutImports = text.replaceAll(/^(?:import|export) [^;"']*?(?:from )?["'][^"']+["'];$/gm, (statement) =>
    statement.replaceAll(/[^\n]/g, ""),
  );
  return withoutImports
    .split("\n")
    .map((line, index) => ({ file, at: index + 1, text: line.trim() }))
    .filter((line) => line.text !== "");
}
