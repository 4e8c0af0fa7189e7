import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative, resolve, sep } from "node:path";

/**
 * Compares what a package's folder would publish with its sources. The source maps hold the sources they were made from, so
 * that times of files, which caches and clones change, do not count.
 * @param {string} folder of the package
 * @returns {{ problems: string[], orphans: string[] }} why it must not be packed, a line each, and the files in `dist` of
 *   sources that are gone, relative to the folder
 */
export function inspectDist(folder) {
  const manifest = readJson(join(folder, "package.json"));
  const dist = existsSync(join(folder, "dist")) ? filesIn(folder, "dist") : [];
  if (dist.length === 0) return { problems: ["dist is missing"], orphans: [] };
  const isCompiled = existsSync(join(folder, "tsconfig.build.json"));
  const expected = isCompiled ? compiledFiles(folder) : undefined;
  const orphans = expected === undefined ? [] : dist.filter((file) => !expected.has(file));
  return {
    problems: [
      ...targetsOf(manifest)
        .filter((file) => !existsSync(join(folder, file)))
        .map((file) => `${file}, named in package.json, is missing`),
      ...[...(expected ?? [])]
        .filter((file) => !dist.includes(file) && !isOfBundle(folder, file))
        .map((file) => `${file} is missing`),
      ...dist.filter((file) => file.endsWith(".js")).flatMap((file) => missingImports(folder, file)),
      ...dist
        .filter((file) => file.endsWith(".js.map") && !orphans.includes(file))
        .flatMap((file) => outdated(folder, file)),
    ],
    orphans,
  };
}

/** Files that a manifest's `exports`, `bin` and `files` name. */
function targetsOf({ exports = {}, bin = {}, files = [] }) {
  const targets = Object.values(exports).flatMap((target) =>
    typeof target === "string" ? target : Object.values(target),
  );
  // The first release writes the change log.
  const named = files.filter((file) => file !== "CHANGELOG.md" && !file.startsWith("!"));
  return [...new Set([...targets, ...Object.values(bin), ...named].map((file) => posix.normalize(file)))];
}

/** What the compiler makes of the sources. */
function compiledFiles(folder) {
  const { exclude = [] } = readJson(join(folder, "tsconfig.build.json"));
  const isExcluded = (file) => exclude.some((path) => file === path || file.startsWith(`${path}/`));
  return new Set(
    filesIn(folder, "src")
      .filter((file) => file.endsWith(".ts") && !isExcluded(file))
      .map((file) => file.replace(/^src\//, "dist/").replace(/\.ts$/, ""))
      .flatMap((stem) => [`${stem}.js`, `${stem}.js.map`, `${stem}.d.ts`]),
  );
}

/** The map and the types of a module into which the build has put the code of a dependency, under its licence: it has none. */
function isOfBundle(folder, file) {
  const code = join(folder, file.replace(/\.(?:js\.map|d\.ts)$/, ".js"));
  return !file.endsWith(".js") && existsSync(code) && readFileSync(code, "utf8").startsWith("/*!");
}

function missingImports(folder, file) {
  const code = readFileSync(join(folder, file), "utf8");
  const imports = [...code.matchAll(/(?:\bfrom|\bimport\(?)\s*["'`](\.{1,2}\/[^"'`]+\.js)["'`]/g)].map(
    ([, path]) => path,
  );
  return [...new Set(imports)]
    .map((path) => posix.join(posix.dirname(file), path))
    .filter((path) => !existsSync(join(folder, path)))
    .map((path) => `${path}, imported by ${file}, is missing`);
}

/** A bundle's map names modules of dependencies, too: those of the workspace count, installed ones do not change. */
function outdated(folder, file) {
  const { sources, sourcesContent } = readJson(join(folder, file));
  return sources.flatMap((source, at) => {
    const path = resolve(folder, dirname(file), source);
    if (path.includes(`${sep}node_modules${sep}`)) return [];
    const name = relative(folder, path).replaceAll(sep, "/");
    if (typeof sourcesContent?.[at] !== "string") return [`${file} does not hold the source ${name}`];
    if (existsSync(path) && readFileSync(path, "utf8") === sourcesContent[at]) return [];
    return [`${file.replace(/\.map$/, "")} is older than ${name}`];
  });
}

function filesIn(folder, below) {
  return readdirSync(join(folder, below), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll(sep, "/"));
}

function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}
