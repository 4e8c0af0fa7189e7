import { existsSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { listFiles } from "../list-files.mjs";
import { parseModule } from "./module.mjs";

/**
 * @typedef {{ name: string, folder: string, isPublished: boolean, entries: Map<string, string> }} Package `entries`: the
 *   source file of each name under which the package is imported
 * @typedef {{ file: string, name: string }} Declared where a name is declared, whatever it is exported as
 */

/** The packages of a workspace and their modules, parsed when they are asked for. Paths are relative to its root. */
export class Workspace {
  /** @type {Map<string, import("./module.mjs").Module>} */
  #modules = new Map();
  /** @type {Map<string, string>} */
  #entries;

  /** @param {string} root */
  constructor(root) {
    this.root = root;
    /** @type {string[]} */
    this.files = listFiles(root);
    /** @type {Package[]} */
    this.packages = this.files
      .filter((file) => /^(?:packages|tools|examples)\/[^/]+\/package\.json$/.test(file))
      .map(readPackage, this);
    this.#entries = new Map(this.packages.flatMap(({ entries }) => [...entries]));
  }

  /** @param {string} file @returns {Package | undefined} the package that the file is in */
  packageOf(file) {
    return this.packages.find(({ folder }) => file.startsWith(`${folder}/`));
  }

  /** @param {string} file */
  module(file) {
    let module = this.#modules.get(file);
    if (module === undefined) {
      module = parseModule(file, this.read(file));
      this.#modules.set(file, module);
    }
    return module;
  }

  /** @param {string} file */
  read(file) {
    return readFileSync(join(this.root, file), "utf8");
  }

  /** Source files of packages, tools and examples. */
  sources() {
    return this.files.filter((file) => /^(?:packages|tools|examples)\/[^/]+\/src\/.+\.(?:ts|mjs)$/.test(file));
  }

  /**
   * @param {string} from the file that imports it
   * @param {string} specifier
   * @returns {string | undefined} a file of the workspace
   */
  resolve(from, specifier) {
    if (!specifier.startsWith(".")) return this.#entries.get(specifier);
    const path = posix.join(dirname(from), specifier);
    return [path.replace(/\.js$/, ".ts"), path].find((file) => this.files.includes(file));
  }

  /**
   * @param {string} file
   * @param {string} name a name that the module exports
   * @param {Set<string>} [passed] the `export *` on the way here
   * @returns {Declared | undefined} `undefined` for a name of a dependency
   */
  exported(file, name, passed = new Set()) {
    const { exports, stars } = this.module(file);
    const found = exports.get(name);
    if (found !== undefined) return "local" in found ? this.local(file, found.local) : this.#from(file, found);
    passed.add(file);
    for (const specifier of stars) {
      const next = this.resolve(file, specifier);
      const declared = next === undefined || passed.has(next) ? undefined : this.exported(next, name, passed);
      if (declared !== undefined) return declared;
    }
    return undefined;
  }

  /** @param {string} file @param {string} name a name in the scope of the module @returns {Declared | undefined} */
  local(file, name) {
    const { declarations, imports } = this.module(file);
    if (declarations.has(name)) return { file, name };
    const imported = imports.get(name);
    return imported === undefined ? undefined : this.#from(file, imported);
  }

  /** @param {string} file @returns {string[]} all names that the module exports */
  namesOf(file) {
    const { exports, stars } = this.module(file);
    const passedOn = stars.flatMap((specifier) => {
      const next = this.resolve(file, specifier);
      return next === undefined ? [] : this.namesOf(next);
    });
    return [...new Set([...exports.keys(), ...passedOn])];
  }

  /** @param {string} file @param {import("./module.mjs").Source} source */
  #from(file, { specifier, name }) {
    const next = this.resolve(file, specifier);
    return next === undefined ? undefined : this.exported(next, name);
  }
}

/** @this {Workspace} @param {string} manifest @returns {Package} */
function readPackage(manifest) {
  const folder = dirname(manifest);
  const { name, private: isPrivate = false, exports = {} } = JSON.parse(this.read(manifest));
  const entries = Object.entries(exports).flatMap(([path, target]) => {
    const types = typeof target === "string" ? undefined : target.types;
    if (types === undefined) return [];
    const file = posix.join(folder, types.replace("/dist/", "/src/").replace(/\.d\.ts$/, ".ts"));
    if (!existsSync(join(this.root, file))) throw new Error(`${manifest} exports ${types}, which no ${file} makes`);
    return [/** @type {const} */ ([posix.join(name, path), file])];
  });
  return { name, folder, isPublished: !isPrivate, entries: new Map(entries) };
}
