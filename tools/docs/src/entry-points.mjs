import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Every entry of every published package that has one.
 * @param {string} root of the workspace
 * @returns {{ name: string, source: string }[]} the name to import it by, and the module in `src`
 */
export function entryPoints(root) {
  return readdirSync(join(root, "packages")).flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, "packages", folder, "package.json"), "utf8"));
    return Object.entries(manifest.exports ?? {})
      .filter(([, target]) => typeof target === "object")
      .map(([path, { default: built }]) => ({
        name: manifest.name + path.slice(1),
        source: join(root, "packages", folder, built.replace("./dist/", "src/").replace(/\.js$/, ".ts")),
      }));
  });
}
