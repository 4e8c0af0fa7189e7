import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * The folders below `packages` whose package is published; one that is private only helps to build another.
 * @param {string} root of the workspace
 * @returns {string[]}
 */
export function publishedFolders(root) {
  return readdirSync(join(root, "packages")).filter((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
    return manifest.private !== true;
  });
}
