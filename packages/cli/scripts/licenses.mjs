import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The licences of the packages whose code is in a bundle, which most of them want to be kept with it.
 * @param {readonly string[]} moduleIds paths of the modules in the bundle
 */
export function licensesOf(moduleIds) {
  const folders = new Set(moduleIds.filter((id) => /[\\/]node_modules[\\/]/.test(id)).map(packageFolder));
  const texts = [...folders].map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? `(the package holds no licence text)` : readFileSync(join(folder, file), "utf8");
    return `${name} ${version}, ${license}\n\n${text.trim()}\n`;
  });
  return texts.sort().join(`\n${"-".repeat(80)}\n\n`);
}

function packageFolder(file) {
  for (let folder = dirname(file); folder !== dirname(folder); folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    // Folders inside of packages may have a package.json that says no more than the kind of their modules.
    if (existsSync(manifest) && JSON.parse(readFileSync(manifest, "utf8")).name !== undefined) return folder;
  }
  throw new Error(`${file} is in no package`);
}
