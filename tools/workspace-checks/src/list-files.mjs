import { readdirSync } from "node:fs";
import { join } from "node:path";

const IGNORED = new Set(["node_modules", "dist", "coverage", ".turbo", ".git", "site"]);

/**
 * @param {string} root
 * @param {string} [folder]
 * @returns {string[]} all files that are neither made nor installed, with paths relative to `root`
 */
export function listFiles(root, folder = "") {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (IGNORED.has(entry.name)) return [];
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return listFiles(root, path);
    return entry.isFile() ? [path] : [];
  });
}
