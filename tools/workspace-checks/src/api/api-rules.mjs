import { ALLOWED_UNUSED, WITH_EXAMPLE } from "./allowed-names.mjs";
import { findImportCycles } from "./import-cycles.mjs";
import { docstringOf, examplesOf, publicNames, undocumentedNames, unusedNames } from "./public-names.mjs";
import { Workspace } from "./workspace.mjs";

/**
 * @typedef {Readonly<Record<string, Readonly<Record<string, string>>>>} Allowed reasons by entry and name
 * @typedef {Readonly<Record<string, readonly string[]>>} Names by entry
 */

/**
 * Import cycles of a workspace, and what is wrong with the names that its published packages export.
 * @param {string} root
 * @param {{ allowed?: Allowed, withExample?: Names }} [lists] default: those of this workspace
 * @returns {{ file: string, line: number, problem: string }[]} with paths relative to `root`; lines count from 1
 */
export function findApiProblems(root, { allowed = ALLOWED_UNUSED, withExample = WITH_EXAMPLE } = {}) {
  const workspace = new Workspace(root);
  return [
    ...findImportCycles(workspace).map((circle) => ({
      file: /** @type {string} */ (circle[0]),
      line: 1,
      problem: `imports itself by way of ${circle.slice(1).join(", ")}: move what they share into a module of its own`,
    })),
    ...withoutUser(workspace, allowed),
    ...oncePerDeclaration(undocumentedNames(workspace)).map(({ name, entry, declared, line }) => ({
      file: declared.file,
      line,
      problem: `${name}, exported by ${entry}, has no docstring: write one, with shapes, units and errors`,
    })),
    ...withoutExample(workspace, withExample),
  ];
}

/** @param {Workspace} workspace @param {Allowed} allowed */
function withoutUser(workspace, allowed) {
  const unused = oncePerDeclaration(unusedNames(workspace));
  const isAllowed = ({ entry, name }) => allowed[entry]?.[name] !== undefined;
  const problems = unused
    .filter((one) => !isAllowed(one))
    .map(({ entry, name, declared, line }) => ({
      file: declared.file,
      line,
      problem: `${name}, exported by ${entry}, has no user outside of its package: do not export it`,
    }));
  const listed = Object.entries(allowed).flatMap(([entry, names]) =>
    Object.keys(names).map((name) => ({ entry, name })),
  );
  const stale = listed
    .filter(({ entry, name }) => !unused.some((one) => one.entry === entry && one.name === name))
    .map(({ entry, name }) => ({
      file: "tools/workspace-checks/src/api/allowed-names.mjs",
      line: 1,
      problem: `${name} of ${entry} is used, or gone: take it off the list`,
    }));
  return [...problems, ...stale];
}

/** @param {Workspace} workspace @param {Names} wanted */
function withoutExample(workspace, wanted) {
  const names = publicNames(workspace);
  return Object.entries(wanted).flatMap(([entry, list]) =>
    list.flatMap((name) => {
      const found = names.find((one) => one.entry === entry && one.name === name);
      if (found === undefined) {
        return [
          {
            file: "tools/workspace-checks/src/api/allowed-names.mjs",
            line: 1,
            problem: `${entry} has no ${name}: take it off the list`,
          },
        ];
      }
      if (examplesOf(docstringOf(workspace, found.declared) ?? "").length > 0) return [];
      return [
        {
          file: found.declared.file,
          line: found.line,
          problem: `the docstring of ${name} has no @example: add one, which the package tests then compile`,
        },
      ];
    }),
  );
}

/**
 * A package may pass on what another exports: one problem, where the name comes from.
 * @param {readonly import("./public-names.mjs").PublicName[]} names
 */
function oncePerDeclaration(names) {
  const ofOwner = ({ entry, declared }) => declared.file.startsWith(`packages/${entry.split("/")[1]}/`);
  const byOwnerFirst = [...names.filter(ofOwner), ...names.filter((one) => !ofOwner(one))];
  const known = new Map();
  for (const one of byOwnerFirst) {
    const id = `${one.declared.file} ${one.declared.name}`;
    if (!known.has(id)) known.set(id, one);
  }
  return [...known.values()];
}
