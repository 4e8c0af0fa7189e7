import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const folder = join(import.meta.dirname, "..");
const readme = readFileSync(join(folder, "README.md"), "utf8");
const files = readdirSync(join(folder, "src")).map((file) => readFileSync(join(folder, "src", file), "utf8"));

/** Lines with something on them. */
const linesOf = (text: string): number => text.split("\n").filter((line) => line.trim() !== "").length;

it("the README names what the sources import from the entries", () => {
  const imports = new Map<string, Set<string>>();
  for (const [, list = "", entry = ""] of files
    .join("\n")
    .matchAll(/^import (?:type )?\{([^}]+)\} from "(@[^"]+)";/gm)) {
    const names = list.split(",").map((name) => name.trim().replace(/^type /, ""));
    imports.set(entry, new Set([...(imports.get(entry) ?? []), ...names.filter((name) => name !== "")]));
  }
  const rows = [...imports].map(([entry, names]) => {
    const list = [...names].sort().map((name) => `\`${name}\``);
    return `| \`${entry}\` | ${list.join(", ")} |`;
  });
  expect(rows.length).toBe(4);
  for (const row of rows) expect(readme).toContain(row);
  const count = [...imports.values()].reduce((sum, names) => sum + names.size, 0);
  expect(readme).toContain(`It needs ${count} names`);
});

it("the README counts the lines of the sources", () => {
  const code = files.map((text) => text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, ""));
  const rest = code.map((text) => text.replaceAll(/^(?:import|export) (?:type )?\{[^}]*\} from "[^"]+";$/gm, ""));
  const sum = (texts: readonly string[]): number => texts.reduce((total, text) => total + linesOf(text), 0);
  const all = files.reduce((total, text) => total + text.split("\n").length - 1, 0);
  expect(readme).toContain(
    `${all} lines in ${files.length} files; ${sum(code)} without blank lines and comments, and ${sum(rest)} of them are not imports`,
  );
});
