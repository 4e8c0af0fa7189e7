// Prints figures of the size and shape of the workspace, each with how it is counted.
import { fileURLToPath } from "node:url";
import { folderArrows, importsOf } from "../api/import-cycles.mjs";
import { unusedNames } from "../api/public-names.mjs";
import { Workspace } from "../api/workspace.mjs";
import { identicalRuns, isCompared, SHORTEST_RUN } from "./identical-runs.mjs";
import { privateWords } from "./vocabulary.mjs";

const CORE = "@agent-assembly/storage-core";
const POSTGRES = "packages/storage-postgres/src";
/** A member of the audit event that may be absent, as code, columns and documents of it spell it. */
const MEMBER = /\b(?:matchedRuleId|matched_rule_id)\b/;

const workspace = new Workspace(fileURLToPath(new URL("../../../..", import.meta.url)));
const sources = workspace.sources().filter((file) => !file.endsWith(".gen.ts"));
const arrows = importsOf(workspace);

/** @type {readonly (readonly [what: string, figure: string, counted: string])[]} */
const rows = [
  exportedNames(),
  largestFolder(),
  filesOf("packages/cli/src"),
  filesOf("tools/test-services/src"),
  placesOfMember(),
  recordClasses(),
  identical(),
  arrowsOfPostgres(),
  words(),
];
for (const [what, figure, counted] of rows) console.log(`${what}\n  ${figure}\n  counted: ${counted}`);

function exportedNames() {
  const entries = workspace.packages
    .flatMap(({ entries: own }) => [...own])
    .filter(([entry]) => entry.startsWith(CORE));
  const counts = entries.map(([entry, file]) => `${entry.slice(CORE.length) || "."} ${workspace.namesOf(file).length}`);
  const unused = unusedNames(workspace).filter(({ entry }) => entry.startsWith(CORE)).length;
  return row(
    "names exported by the entries of storage-core",
    `${counts.join(", ")}; ${unused} without a user in the workspace`,
    "names of each entry in package.json, `export *` followed; a user is an import in another package, a tool, a test, a README or an @example, or the signature of a name in use",
  );
}

function largestFolder() {
  const counts = new Map();
  for (const file of workspace.sources()) {
    const folder = file.slice(0, file.lastIndexOf("/"));
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  const [folder, count] = [...counts].reduce((most, next) => (next[1] > most[1] ? next : most));
  return row(
    "files in the largest flat folder",
    `${count} (${folder})`,
    "source files directly in one folder below src",
  );
}

/** @param {string} folder */
function filesOf(folder) {
  const sizes = workspace
    .sources()
    .filter((file) => file.startsWith(`${folder}/`))
    .map((file) => workspace.read(file).split("\n").length - 1)
    .sort((a, b) => a - b);
  const lines = sizes.reduce((sum, size) => sum + size, 0);
  return row(
    `files in ${folder}`,
    `${sizes.length} files, ${lines} lines, median ${sizes[Math.floor(sizes.length / 2)]}`,
    "source files below it",
  );
}

function placesOfMember() {
  const code = sources.filter((file) => file.startsWith("packages/") && spells(file));
  const migrations = workspace.files.filter(
    (file) => /^packages\/[^/]+\/migrations\/.+\.sql$/.test(file) && spells(file),
  );
  return row(
    "places that spell one nullable member of the audit event",
    `${code.length} source files and ${migrations.length} migrations`,
    "files of packages/*/src and migrations that contain matchedRuleId or matched_rule_id, generated files left out",
  );
}

/** @param {string} file */
function spells(file) {
  return MEMBER.test(workspace.read(file));
}

function recordClasses() {
  const classes = sources
    .filter((file) => /^packages\/storage-(?:core|sqlite|postgres)\//.test(file))
    .flatMap((file) => [...workspace.module(file).declarations].map(([name, declared]) => ({ file, name, declared })))
    .filter(({ declared }) => declared.some(({ node }) => node.type === "ClassDeclaration"))
    .filter(({ name }) => /(?:Leases?|Holds?|Archives?|RetentionRuns?|Runs|KeyedTable)$/.test(name));
  return row(
    "classes for leases, holds, archives and runs in the core and two backends",
    `${classes.length}: ${classes.map(({ name }) => name).join(", ")}`,
    "classes in storage-core, storage-sqlite and storage-postgres whose name ends in one of these words or in KeyedTable",
  );
}

function identical() {
  const runs = identicalRuns(new Map(workspace.files.filter(isCompared).map((file) => [file, workspace.read(file)])));
  if (process.argv.includes("--runs")) {
    for (const { lines, first, second } of runs) {
      console.log(
        `${lines} lines: ${first.file}:${first.from}-${first.to} and ${second.file}:${second.from}-${second.to}`,
      );
    }
  }
  return row(
    `identical runs of ${SHORTEST_RUN} or more lines`,
    `${runs.length} pairs`,
    "pairs of places in packages/*/src and tools/*/src, each run as long as it gets; indentation, blank lines, imports and generated files left out; --runs lists them",
  );
}

function arrowsOfPostgres() {
  const { rooms, between, upward } = folderArrows(arrows, POSTGRES);
  return row(
    `imports between the folders of ${POSTGRES}`,
    `${between} arrows between ${rooms} rooms, ${upward} upward`,
    "folders, and files directly in src as one room each; an arrow is one or more imports, types included; upward are those against the order of rooms that has the fewest such",
  );
}

function words() {
  const counts = new Map();
  for (const file of sources) {
    if (file.includes("/checks/vocabulary")) continue;
    for (const line of workspace.read(file).split("\n")) {
      for (const { word } of privateWords(line)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const found = [...counts].map(([word, count]) => `${word} ${count}`).join(", ");
  return row(
    "words of the private vocabulary",
    found === "" ? `${total}` : `${total}: ${found}`,
    "words of vocabulary.mjs in sources of packages and tools",
  );
}

/** @param {string} what @param {string} figure @param {string} counted @returns {readonly [string, string, string]} */
function row(what, figure, counted) {
  return [what, figure, counted];
}
