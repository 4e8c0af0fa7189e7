import { readFileSync } from "node:fs";
import { join } from "node:path";

/** What `pnpm --filter PACKAGE` runs in every package, and what it is in most. */
const SCRIPTS = { lint: "biome check .", typecheck: "tsc -p tsconfig.json --noEmit", test: "vitest run" };

/**
 * Scripts that a package of the workspace lacks; `test` only where there are tests.
 * @param {string} root
 * @param {readonly string[]} files of the workspace, relative to `root`
 * @returns {{ file: string, line: number, problem: string }[]}
 */
export function missingScripts(root, files) {
  return files
    .filter((file) => /^(?:packages|tools|examples)\/[^/]+\/package\.json$/.test(file))
    .flatMap((file) => {
      const { scripts = {} } = JSON.parse(readFileSync(join(root, file), "utf8"));
      const hasTests = files.some((one) => one.startsWith(file.replace("package.json", "test/")));
      return Object.entries(SCRIPTS)
        .filter(([name]) => scripts[name] === undefined && (name !== "test" || hasTests))
        .map(([name, usual]) => ({ file, line: 1, problem: `has no script "${name}": add it, as a rule "${usual}"` }));
    });
}
