import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** Licences under which software may be part of software under Apache-2.0 without duties beyond keeping notices. */
const ALLOWED = new Set([
  "0BSD",
  "Apache-2.0",
  "BlueOak-1.0.0",
  "BSD-2-Clause",
  "BSD-3-Clause",
  "CC0-1.0",
  "ISC",
  "MIT",
  "MIT-0",
  "Python-2.0",
  "Unlicense",
  "Zlib",
]);

const WHAT_TO_DO =
  "use another package, or, if users may be bound by it, add it to ALLOWED in tools/workspace-checks/src/checks/licenses.mjs";

/**
 * Dependencies that users of the published packages install, or get inside of a bundle, and whose licence is not on the
 * list. Reads only what is installed.
 * @param {string} root of the workspace
 * @returns {{ file: string, line: number, problem: string }[]}
 */
export function findLicenseProblems(root) {
  const problems = [];
  const visited = new Set();
  for (const directory of readdirSync(join(root, "packages"))) {
    const file = `packages/${directory}/package.json`;
    const folder = join(root, "packages", directory);
    const manifest = readManifest(folder);
    if (manifest.private === true) continue;
    const names = [
      ...required(manifest),
      ...Object.keys(manifest.peerDependencies ?? {}),
      ...bundled(folder, manifest),
    ];
    const open = names.map((name) => ({ name, from: folder, path: [manifest.name] }));
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const found = find(next.name, next.from);
      const path = [...next.path, next.name].join(" > ");
      if (found === undefined) {
        problems.push({
          file,
          line: 1,
          problem: `${path} is not installed, so its licence is unknown: run pnpm install`,
        });
        continue;
      }
      if (visited.has(found)) continue;
      visited.add(found);
      const dependency = readManifest(found);
      // Our own packages are visited as such; their licence is that of the repository.
      if (!found.includes("node_modules") && dependency.license === readManifest(root).license) continue;
      const license = licenseOf(dependency);
      if (license === undefined || !isAllowed(license)) {
        const what =
          license === undefined ? "names no licence" : `has the licence ${license}, which is not on the list`;
        problems.push({ file, line: 1, problem: `${path} (${dependency.version}) ${what}: ${WHAT_TO_DO}` });
      }
      const optional = Object.keys(dependency.optionalDependencies ?? {}).filter(
        (name) => find(name, found) !== undefined,
      );
      const names = [...required(dependency), ...optional];
      open.push(...names.map((name) => ({ name, from: found, path: [...next.path, next.name] })));
    }
  }
  return problems;
}

/** Dependencies that are always installed; npm lists the optional ones in both places. */
function required({ dependencies = {}, optionalDependencies = {} }) {
  return Object.keys(dependencies).filter((name) => !Object.hasOwn(optionalDependencies, name));
}

/** Development dependencies that sources import: their code is in what is published. */
function bundled(folder, { devDependencies = {} }) {
  const sources = readdirSync(join(folder, "src"), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(join(folder, "src", file), "utf8"))
    .join("\n");
  return Object.keys(devDependencies).filter((name) => {
    const specifier = name.replaceAll(/[.*+?^$()[\]{}|\\]/g, "\\$&");
    return new RegExp(`(?:from|import\\()\\s*["']${specifier}["'/]`).test(sources);
  });
}

/** As Node.js finds packages, whatever they export. @returns {string | undefined} */
function find(name, from) {
  for (let folder = realpathSync(from); ; folder = dirname(folder)) {
    const candidate = join(folder, "node_modules", name);
    if (existsSync(join(candidate, "package.json"))) return realpathSync(candidate);
    if (folder === dirname(folder)) return undefined;
  }
}

/** @param {{ license?: string | { type?: string }, licenses?: { type?: string }[] }} manifest */
function licenseOf({ license, licenses }) {
  if (typeof license === "string") return license;
  if (typeof license?.type === "string") return license.type;
  const types = (licenses ?? []).flatMap(({ type }) => (type === undefined ? [] : [type]));
  return types.length === 0 ? undefined : types.join(" OR ");
}

/**
 * Whether an SPDX expression leaves a choice that is allowed. `AND` binds more tightly than `OR`.
 * @param {string} expression
 */
export function isAllowed(expression) {
  const inner = /\(([^()]*)\)/.exec(expression);
  if (inner !== null) {
    const value = isAllowed(inner[1]) ? "MIT" : "NONE";
    return isAllowed(expression.replace(inner[0], value));
  }
  return expression
    .split(/\s+OR\s+/)
    .some((choice) => choice.split(/\s+AND\s+/).every((license) => ALLOWED.has(license.trim())));
}

function readManifest(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}
