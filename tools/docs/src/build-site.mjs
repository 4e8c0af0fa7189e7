// Builds the documentation site: guides, READMEs and the API reference, searchable without a server. Fails for exports without
// a docstring, for links that lead nowhere, and for pages that load something from the network.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Application, Converter } from "typedoc";
import { DOCUMENT_GROUPS } from "./documents.mjs";
import { entryPoints } from "./entry-points.mjs";
import { findBrokenLinks } from "./site-links.mjs";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const out = join(root, "site");
const entries = entryPoints(root);
const documents = DOCUMENT_GROUPS.flatMap(({ title, paths }) =>
  paths.map((path) => ({ title, path: join(root, path) })),
);

// Only the remote tells where sources can be read; without one the site names files and lines, without links.
const hasRemote = spawnSync("git", ["remote", "get-url", "origin"], { cwd: root }).status === 0;

const app = await Application.bootstrap({
  name: "Agent Assembly storage",
  tsconfig: fileURLToPath(new URL("../tsconfig.json", import.meta.url)),
  // Packages refer to each other's sources, so that a type has one page.
  compilerOptions: { paths: Object.fromEntries(entries.map(({ name, source }) => [name, [source]])) },
  entryPoints: entries.map(({ source }) => source),
  readme: join(root, "README.md"),
  projectDocuments: documents.map(({ path }) => path),
  basePath: root,
  out,
  sort: ["alphabetical"],
  groupOrder: [...DOCUMENT_GROUPS.map(({ title }) => title), "Modules"],
  navigation: { includeGroups: true },
  customCss: fileURLToPath(new URL("site.css", import.meta.url)),
  searchInDocuments: true,
  searchInComments: true,
  searchGroupBoosts: { Guides: 8, Packages: 2 },
  highlightLanguages: [
    "bash",
    "css",
    "html",
    "javascript",
    "json",
    "jsonc",
    "jsonl",
    "jsx",
    "nginx",
    "sql",
    "toml",
    "tsx",
    "typescript",
    "yaml",
  ],
  ignoredHighlightLanguages: ["text", "console"],
  treatWarningsAsErrors: true,
  ...(!hasRemote && { disableGit: true, sourceLinkTemplate: "{path}" }),
  validation: { notExported: true, invalidLink: true, invalidPath: true, rewrittenLink: true },
});

app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_, document) => {
  const { title, path } = documents[created++];
  document.name = titleOf(path);
  document.frontmatter.group = title;
});
let created = 0;

const project = await app.convert();
if (project === undefined) process.exit(1);
if (!hasRemote) {
  for (const { sources = [] } of Object.values(project.reflections)) {
    for (const source of sources) delete source.url;
  }
}
for (const { name, source } of entries) {
  const module = project.children?.find(({ sources }) => sources?.some(({ fullFileName }) => fullFileName === source));
  if (module === undefined) throw new Error(`the reference has no page for ${name}`);
  module.name = name;
  for (const one of module.children ?? []) {
    if (!isDocumented(one)) app.logger.warn(`${name} exports ${one.name}, which has no docstring`);
  }
}
// The order of reading, not of the alphabet.
const position = (name) => documents.findIndex(({ path }) => titleOf(path) === name);
for (const { title, children } of project.groups ?? []) {
  if (DOCUMENT_GROUPS.some((group) => group.title === title)) {
    children.sort((a, b) => position(a.name) - position(b.name));
  }
}
app.validate(project);
await app.generateDocs(project, out);
const problems = findBrokenLinks(out);
for (const { page, problem } of problems) console.error(`${page}: ${problem}`);
process.exitCode = problems.length > 0 || app.logger.hasErrors() || app.logger.hasWarnings() ? 1 : 0;

/** A function's docstring belongs to its signatures; a name that is exported again has that of its declaration. */
function isDocumented(reflection) {
  if (reflection.isReference()) return true;
  return reflection.hasComment() || (reflection.signatures ?? []).some((signature) => signature.hasComment());
}

/** @param {string} path of a document @returns its heading */
function titleOf(path) {
  const [, title] = /^# (.+)$/m.exec(readFileSync(path, "utf8")) ?? [];
  if (title === undefined) throw new Error(`${path} has no heading`);
  return title.replaceAll("`", "");
}
