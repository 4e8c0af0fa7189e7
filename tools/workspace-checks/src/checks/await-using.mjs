const FENCE = /^```(\w*)$/;
const README = /^(?:packages\/[^/]+\/)?README\.md$/;

/**
 * Uses of `await using` in a document that a reader on Node.js 20.19 would copy and not be able to run: in JavaScript, or in
 * TypeScript of a README that does not say from which Node.js on JavaScript has it.
 * @param {string} file relative to the root of the workspace
 * @param {readonly string[]} lines
 * @returns {{ file: string, line: number, problem: string }[]}
 */
export function awaitUsingProblems(file, lines) {
  const isExplained = !README.test(file) || lines.some((text) => text.includes("`await using` needs Node.js 24"));
  let language;
  return lines.flatMap((text, index) => {
    const [fence, opened] = FENCE.exec(text) ?? [];
    if (fence !== undefined) language = language === undefined ? opened : undefined;
    if (!text.includes("await using ") || language === undefined) return [];
    if (language === "ts" && isExplained) return [];
    const problem =
      language === "ts"
        ? 'a README with `await using` says "In JavaScript `await using` needs Node.js 24"'
        : "Node.js 20.19 cannot run `await using`: close in `finally`, or make it a ts block";
    return [{ file, line: index + 1, problem }];
  });
}
