import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

/** Remembers, from run to run, what was checked without a finding, so that it is not checked again. */
export class PassedBefore {
  /** @type {Set<string>} */
  #known;
  /** @type {Set<string>} */
  #passed = new Set();

  /** @param {string} file where it is remembered; it may be deleted at any time */
  constructor(file) {
    this.file = file;
    this.#known = new Set(readLines(file));
  }

  /**
   * @param {string} file
   * @param {string} checkedBy what else the result depends on, such as the versions of the tools
   * @param {() => boolean} check returns whether there was no finding
   */
  check(file, checkedBy, check) {
    const key = createHash("sha256").update(checkedBy).update("\0").update(readFileSync(file)).digest("hex");
    if (this.#known.has(key) || check()) this.#passed.add(key);
  }

  /** Forgets what was not asked for in this run. */
  save() {
    mkdirSync(dirname(this.file), { recursive: true });
    writeFileSync(this.file, [...this.#passed].join("\n"));
  }
}

/** @param {string} file */
function readLines(file) {
  try {
    return readFileSync(file, "utf8").split("\n");
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code === "ENOENT") return [];
    throw error;
  }
}
