import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const packages = fileURLToPath(new URL("../../../../packages", import.meta.url));
const fixture = fileURLToPath(new URL("./fixtures/require-all.cjs", import.meta.url));

interface Manifest {
  readonly exports?: Readonly<Record<string, string | { readonly default: string }>>;
}

const entries = readdirSync(packages).flatMap((folder) => {
  const { exports = {} } = JSON.parse(readFileSync(join(packages, folder, "package.json"), "utf8")) as Manifest;
  return Object.values(exports).flatMap((target) =>
    typeof target === "string" ? [] : [join(packages, folder, target.default)],
  );
});

// An entry with a top-level await, its own or that of a dependency, could not be required.
it("CommonJS code can require every entry of every package", () => {
  expect(entries.filter((file) => !existsSync(file))).toEqual([]);
  const counts = JSON.parse(execFileSync(process.execPath, [fixture, ...entries], { encoding: "utf8" })) as number[];
  expect(counts.filter((count) => count === 0)).toEqual([]);
  expect(counts).toHaveLength(entries.length);
});
