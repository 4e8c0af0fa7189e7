import { leftmost, lineAt, parseModule, walk } from "./module.mjs";

/**
 * @typedef {import("./workspace.mjs").Workspace} Workspace
 * @typedef {import("./workspace.mjs").Declared} Declared
 * @typedef {{ entry: string, name: string, declared: Declared, line: number }} PublicName `entry`: the name of the import;
 *   `line`: of the declaration, from 1
 */

/** @param {Workspace} workspace @returns {PublicName[]} all that published packages export */
export function publicNames(workspace) {
  return workspace.packages
    .filter(({ isPublished }) => isPublished)
    .flatMap(({ entries }) =>
      [...entries].flatMap(([entry, file]) =>
        workspace.namesOf(file).flatMap((name) => {
          const declared = workspace.exported(file, name);
          if (declared === undefined) throw new Error(`${entry} exports ${name}, which no module declares`);
          const module = workspace.module(declared.file);
          const start = module.declarations.get(declared.name)?.[0]?.start ?? 0;
          return [{ entry, name, declared, line: lineAt(module, start) }];
        }),
      ),
    );
}

/**
 * Public names that no other package, test, tool, README or example imports, and that the signature of no name in use
 * mentions.
 * @param {Workspace} workspace
 * @returns {PublicName[]}
 */
export function unusedNames(workspace) {
  const used = inSignatures(workspace, importedNames(workspace));
  return publicNames(workspace).filter(({ declared }) => !used.has(key(declared)));
}

/** @param {Declared} declared */
function key({ file, name }) {
  return `${file} ${name}`;
}

/**
 * What is imported from an entry of another package; the tests of a package itself are users of its harnesses. @param {Workspace} workspace @returns {Declared[]} */
function importedNames(workspace) {
  const entries = new Map(
    workspace.packages.flatMap(({ name, entries }) =>
      [...entries].map(([entry, file]) => [entry, { file, owner: name }]),
    ),
  );
  const modules = workspace.files.flatMap((file) => modulesIn(workspace, file));
  return modules.flatMap(({ user, module }) =>
    [...module.imports.values(), ...module.dynamic].flatMap(({ specifier, name }) => {
      const entry = entries.get(specifier);
      if (entry === undefined || (entry.owner === user && !specifier.endsWith("/testing"))) return [];
      const declared = workspace.exported(entry.file, name);
      return declared === undefined ? [] : [declared];
    }),
  );
}

/**
 * The modules that use packages: sources, tests, examples, and the TypeScript of documents.
 * @param {Workspace} workspace
 * @param {string} file
 * @returns {{ user: string | undefined, module: import("./module.mjs").Module }[]} `user`: the package it belongs to; none
 *   for a document, which is written for users
 */
function modulesIn(workspace, file) {
  if (file.endsWith(".md")) {
    const blocks = [...workspace.read(file).matchAll(/^```ts\n([\s\S]*?)^```$/gm)];
    // Only the imports: the rest of a block may be a sketch.
    const imports = blocks.flatMap(([, block = ""]) => block.match(/^import [^;]+ from "[^"]+";$/gm) ?? []);
    return imports.map((text) => ({ user: undefined, module: parseModule(file, text) }));
  }
  if (!/^(?:(?:packages|tools)\/[^/]+\/(?:src|test|scripts)|examples)\/.+\.(?:ts|mts|mjs|js)$/.test(file)) return [];
  const module = workspace.module(file);
  const examples = module.comments.flatMap(({ value }) => examplesOf(undecorated(value)));
  return [
    { user: workspace.packageOf(file)?.name, module },
    ...examples.map((text) => ({ user: undefined, module: parseModule(file, text) })),
  ];
}

/**
 * These names, and all that their signatures mention, directly or through others.
 * @param {Workspace} workspace
 * @param {readonly Declared[]} used
 * @returns {Set<string>}
 */
function inSignatures(workspace, used) {
  const found = new Set();
  const open = [...used];
  for (let declared = open.pop(); declared !== undefined; declared = open.pop()) {
    if (found.has(key(declared))) continue;
    found.add(key(declared));
    const { file } = declared;
    for (const { node } of workspace.module(file).declarations.get(declared.name) ?? []) {
      for (const name of namesInSignature(node)) {
        const next = workspace.local(file, name);
        if (next !== undefined) open.push(next);
      }
    }
  }
  return found;
}

/** Types that a declaration shows to its users: not what is in the bodies of functions, nor private members. @param {any} declaration */
function namesInSignature(declaration) {
  /** @type {Set<string>} */
  const names = new Set();
  walk(declaration, (node) => {
    const isHidden = node.accessibility === "private" || node.key?.type === "PrivateIdentifier";
    // `constructor(private readonly options: Options)`: callers pass it.
    if (isHidden && node.type !== "TSParameterProperty") return false;
    switch (node.type) {
      case "BlockStatement":
        return false;
      case "TSTypeReference":
        names.add(leftmost(node.typeName));
        return true;
      case "TSTypeQuery":
        if (node.exprName.type !== "TSImportType") names.add(leftmost(node.exprName));
        return true;
      case "TSInterfaceHeritage":
      case "TSClassImplements":
        if (node.expression.type === "Identifier") names.add(node.expression.name);
        return true;
      case "ClassDeclaration":
        if (node.superClass?.type === "Identifier") names.add(node.superClass.name);
        return true;
      default:
        return true;
    }
  });
  return names;
}

/**
 * Public names without a docstring directly before their declaration.
 * @param {Workspace} workspace
 * @returns {PublicName[]}
 */
export function undocumentedNames(workspace) {
  return publicNames(workspace).filter(({ declared }) => docstringOf(workspace, declared) === undefined);
}

/** @param {Workspace} workspace @param {Declared} declared @returns {string | undefined} without its asterisks */
export function docstringOf(workspace, { file, name }) {
  const { text, comments, declarations } = workspace.module(file);
  for (const { start } of declarations.get(name) ?? []) {
    // A comment for a tool may lie between the docstring and the declaration.
    const isNext = ({ end }) =>
      end <= start &&
      text
        .slice(end, start)
        .replaceAll(/^\s*\/\/.*$/gm, "")
        .trim() === "";
    const docstring = comments.findLast(
      (comment) => comment.type === "Block" && comment.value.startsWith("*") && isNext(comment),
    );
    const docs = docstring === undefined ? "" : undecorated(docstring.value).trim();
    if (docs !== "") return docs;
  }
  return undefined;
}

/** @param {string} comment what is between its delimiters */
function undecorated(comment) {
  return comment
    .split("\n")
    .map((line) => line.replace(/^\s*\*+ ?/, ""))
    .join("\n");
}

/**
 * @param {Workspace} workspace
 * @param {string} folder of a package
 * @returns {string[]} the TypeScript of all `@example` blocks in its sources
 */
export function examplesIn(workspace, folder) {
  return workspace
    .sources()
    .filter((file) => file.startsWith(`${folder}/`))
    .flatMap((file) => workspace.module(file).comments)
    .flatMap(({ value }) => examplesOf(undecorated(value)));
}

/** @param {string} docstring @returns {string[]} the TypeScript of its `@example` blocks */
export function examplesOf(docstring) {
  return [...docstring.matchAll(/@example[^\n]*\n```ts\n([\s\S]*?)\n```/g)].map(([, code = ""]) => code);
}
