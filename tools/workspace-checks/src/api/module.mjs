import { parseSync } from "oxc-parser";

/**
 * @typedef {{ specifier: string, name: string }} Source `name` of another module; `*` is all of them
 * @typedef {{
 *   file: string,
 *   text: string,
 *   program: import("oxc-parser").Program,
 *   imports: Map<string, Source>,
 *   exports: Map<string, Source | { local: string }>,
 *   stars: string[],
 *   declarations: Map<string, Declaration[]>,
 *   requests: { specifier: string, line: number }[],
 *   dynamic: Source[],
 *   comments: import("oxc-parser").Comment[],
 * }} Module `imports` by local name, `exports` by exported name; `stars` are `export *`; `requests` are all modules that it
 *   names, types included; `dynamic` are the names that it takes from `import()`
 * @typedef {{ node: any, start: number }} Declaration `start`: of its statement, `export` included
 */

/**
 * @param {string} file
 * @param {string} text
 * @returns {Module}
 * @throws when it is no TypeScript
 */
export function parseModule(file, text) {
  const { program, comments, errors } = parseSync(file.replace(/\.md$/, ".ts"), text, { preserveParens: false });
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  /** @type {Module} */
  const module = {
    file,
    text,
    program,
    comments,
    imports: new Map(),
    exports: new Map(),
    stars: [],
    declarations: new Map(),
    requests: [],
    dynamic: [],
  };
  for (const statement of program.body) readStatement(module, statement);
  readExpressions(module);
  return module;
}

/** Calls `visit` for a node and all below it; where it returns `false`, not for those below. @param {any} node */
export function walk(node, visit) {
  if (Array.isArray(node)) {
    for (const one of node) walk(one, visit);
  } else if (node !== null && typeof node === "object" && typeof node.type === "string") {
    if (visit(node) === false) return;
    for (const [key, value] of Object.entries(node)) if (key !== "parent") walk(value, visit);
  }
}

/** @param {{ text: string }} module @param {number} offset @returns {number} from 1 */
export function lineAt({ text }, offset) {
  return text.slice(0, offset).split("\n").length;
}

/** @param {Module} module @param {any} statement */
function readStatement(module, statement) {
  switch (statement.type) {
    case "ImportDeclaration":
      for (const one of statement.specifiers ?? []) {
        const name =
          one.type === "ImportSpecifier"
            ? nameOf(one.imported)
            : one.type === "ImportDefaultSpecifier"
              ? "default"
              : "*";
        module.imports.set(one.local.name, { specifier: statement.source.value, name });
      }
      return;
    case "ExportAllDeclaration":
      if (statement.exported === null) module.stars.push(statement.source.value);
      else module.exports.set(nameOf(statement.exported), { specifier: statement.source.value, name: "*" });
      return;
    case "ExportNamedDeclaration":
      for (const { local, exported } of statement.specifiers) {
        const from = nameOf(local);
        module.exports.set(
          nameOf(exported),
          statement.source === null ? { local: from } : { specifier: statement.source.value, name: from },
        );
      }
      if (statement.declaration !== null) {
        for (const name of declare(module, statement.declaration, statement.start)) {
          module.exports.set(name, { local: name });
        }
      }
      return;
    case "ExportDefaultDeclaration":
      module.exports.set("default", { local: "default" });
      module.declarations.set("default", [{ node: statement.declaration, start: statement.start }]);
      return;
    default:
      declare(module, statement, statement.start);
  }
}

/** @param {Module} module @param {any} node @param {number} start @returns {string[]} */
function declare(module, node, start) {
  const declared = node.type === "VariableDeclaration" ? node.declarations : [node];
  return declared.flatMap((one) => {
    if (one.id?.type !== "Identifier") return [];
    const known = module.declarations.get(one.id.name) ?? [];
    module.declarations.set(one.id.name, [...known, { node: one, start }]);
    return [one.id.name];
  });
}

/** @param {Module} module */
function readExpressions(module) {
  const namespaces = new Map([...module.imports].filter(([, { name }]) => name === "*"));
  const request = (source) => {
    module.requests.push({ specifier: source.value, line: lineAt(module, source.start) });
  };
  walk(module.program, (node) => {
    if (/^(?:Import|ExportAll|ExportNamed)Declaration$/.test(node.type) && node.source) request(node.source);
    if (/^(?:ImportExpression|TSImportType)$/.test(node.type) && typeof node.source?.value === "string") {
      request(node.source);
    }
    if (node.type === "TSImportType" && node.qualifier) take(node.source.value, leftmost(node.qualifier));
    if (node.type === "VariableDeclarator") takePattern(node.id, node.init);
    const [object, member] = memberOf(node);
    const imported = importOf(object);
    if (imported !== undefined && member !== undefined) take(imported, member);
    const namespace = object?.type === "Identifier" ? namespaces.get(object.name) : undefined;
    if (namespace !== undefined && member !== undefined) take(namespace.specifier, member);
  });

  function take(specifier, name) {
    module.dynamic.push({ specifier, name });
  }

  /** `const { a } = await import("x")`, and the same with `Promise.all`. */
  function takePattern(pattern, value) {
    const specifier = importOf(value);
    if (specifier !== undefined && pattern.type === "ObjectPattern") {
      for (const { key } of pattern.properties) if (key?.type === "Identifier") take(specifier, key.name);
    }
    if (pattern.type === "ArrayPattern" && value?.type === "AwaitExpression") {
      const all = value.argument?.arguments?.[0]?.elements ?? [];
      for (const [at, element] of pattern.elements.entries()) if (element !== null) takePattern(element, all[at]);
    }
  }
}

/** @returns {[object?: any, member?: string]} */
function memberOf(node) {
  if (node.type === "MemberExpression" && !node.computed) return [node.object, node.property.name];
  if (node.type === "TSQualifiedName") return [node.left, node.right.name];
  return [];
}

/** The module of `import("x")` and `await import("x")`. @returns {string | undefined} */
function importOf(node) {
  const call = node?.type === "AwaitExpression" ? node.argument : node;
  return call?.type === "ImportExpression" ? call.source.value : undefined;
}

/** @returns {string} */
export function leftmost(name) {
  return name.type === "TSQualifiedName" ? leftmost(name.left) : name.name;
}

function nameOf(node) {
  return node.type === "Literal" ? String(node.value) : node.name;
}
