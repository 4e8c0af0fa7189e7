import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { listFiles } from "../list-files.mjs";
import { awaitUsingProblems } from "./await-using.mjs";
import { commandProblems } from "./command-rules.mjs";
import { identicalRuns, isCompared, MOST_RUNS } from "./identical-runs.mjs";
import { missingScripts } from "./package-scripts.mjs";
import { privateWords } from "./vocabulary.mjs";

export const MOST_FILES = 16;
export const MOST_LINES = 400;

const SOURCE = /\.(?:ts|mts|mjs|cjs|js)$/;
const GENERATED = /\.gen\.ts$/;

/** Documents whose paths must exist. */
const MAPS = ["CONTRIBUTING.md", "ARCHITECTURE.md"];

/**
 * Everything below `root` that breaks a rule about folder size, file size, identical lines, vocabulary, commands, examples that
 * old versions of Node.js cannot run, scripts of packages or paths in documents.
 * @param {string} root
 * @returns {{ file: string, line: number, problem: string }[]} with paths relative to `root`; lines count from 1
 */
export function findHouseProblems(root) {
  const files = listFiles(root);
  return [
    ...largeFolders(files),
    ...files.filter(inSourceOrTest).flatMap((file) => longFile(root, file)),
    ...repeatedLines(root, files.filter(isCompared)),
    ...files.filter(isWritten).flatMap((file) => [...privateVocabulary(root, file), ...commands(root, file)]),
    ...files
      .filter((file) => file.endsWith(".md") && isWritten(file))
      .flatMap((file) => awaitUsingProblems(file, readLines(root, file))),
    ...missingScripts(root, files),
    ...MAPS.filter((file) => existsSync(join(root, file))).flatMap((file) => missingPaths(root, file, files)),
  ];
}

function inSourceOrTest(file) {
  return /^(?:packages|tools|examples)\/[^/]+\/(?:src|test)\//.test(file);
}

function largeFolders(files) {
  const counts = new Map();
  for (const file of files.filter(inSourceOrTest)) {
    const folder = file.slice(0, file.lastIndexOf("/"));
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  return [...counts]
    .filter(([, count]) => count > MOST_FILES)
    .map(([file, count]) => ({
      file,
      line: 1,
      problem: `${count} files in one folder, more than ${MOST_FILES}: group them by feature`,
    }));
}

function longFile(root, file) {
  if (!SOURCE.test(file) || GENERATED.test(file)) return [];
  const lines = readLines(root, file).length;
  if (lines <= MOST_LINES) return [];
  return [{ file, line: MOST_LINES + 1, problem: `${lines} lines, more than ${MOST_LINES}: split it` }];
}

/** Nothing while there are few pairs: some declarations are alike and share no idea. */
function repeatedLines(root, files) {
  const runs = identicalRuns(new Map(files.map((file) => [file, readFileSync(join(root, file), "utf8")])));
  if (runs.length <= MOST_RUNS) return [];
  return runs.map(({ lines, first, second }) => ({
    file: first.file,
    line: first.from,
    problem: `${lines} lines as in ${second.file}:${second.from}, one of ${runs.length} such pairs, more than ${MOST_RUNS}: share them`,
  }));
}

/** Texts that are published: sources, READMEs, documents and changesets. */
function isWritten(file) {
  if (GENERATED.test(file)) return false;
  if (/^tools\/workspace-checks\/src\/checks\/(?:vocabulary|command-rules)/.test(file)) return false;
  if (/^(?:packages|tools|examples)\/[^/]+\/src\//.test(file)) return SOURCE.test(file);
  return file.endsWith(".md") && !file.endsWith("CHANGELOG.md");
}

function privateVocabulary(root, file) {
  return readLines(root, file).flatMap((text, index) =>
    privateWords(text).map(({ word, say }) => ({
      file,
      line: index + 1,
      problem: `"${word}" is private vocabulary; say ${say}`,
    })),
  );
}

function commands(root, file) {
  return readLines(root, file).flatMap((text, index) =>
    commandProblems(file, text).map((problem) => ({ file, line: index + 1, problem })),
  );
}

/** Paths in inline code and in links that do not exist. A bare file name has to exist somewhere; placeholders pass. */
function missingPaths(root, document, files) {
  return readLines(root, document).flatMap((text, index) =>
    namedPaths(text)
      .filter((path) => !exists(root, path, files))
      .map((path) => ({
        file: document,
        line: index + 1,
        problem: `"${path}" does not exist: name the file or folder as it is now`,
      })),
  );
}

function namedPaths(text) {
  const code = [...text.matchAll(/`([^`\s]+)`/g)].map((match) => match[1]);
  const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map((match) => match[1]);
  const isPath = (word) =>
    /^(?:packages|tools|examples|docs|\.changeset)\//.test(word) || /^[\w./-]+\.(?:ts|mjs|md|json|sql)$/.test(word);
  return [...code.filter(isPath), ...links.filter((link) => !link.includes(":"))].filter(
    (path) => !/[A-Z]{4}/.test(path) || isDocument(path),
  );
}

/** Upper case stands for a name to fill in (`packages/storage-NAME`), except in the names of documents. */
function isDocument(path) {
  return /^[A-Z]+\.md$/.test(path);
}

function exists(root, path, files) {
  if (path.includes("*")) {
    const pattern = new RegExp(`^${path.replaceAll(/[.+^$()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*")}(?:/|$)`);
    return files.some((file) => pattern.test(file) || pattern.test(file.slice(file.lastIndexOf("/") + 1)));
  }
  return existsSync(join(root, path)) || files.some((file) => file.endsWith(`/${path}`));
}

function readLines(root, file) {
  return readFileSync(join(root, file), "utf8").replace(/\n$/, "").split("\n");
}
