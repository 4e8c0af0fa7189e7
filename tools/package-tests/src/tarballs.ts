import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Packs every package of the workspace into a folder. @returns tarball paths by package name */
export function packAll(root: string, folder: string): Map<string, string> {
  const tarballs = new Map<string, string>();
  for (const directory of readdirSync(join(root, "packages"))) {
    const cwd = join(root, "packages", directory);
    const { name } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8")) as { name: string };
    const before = new Set(readdirSync(folder));
    execFileSync("pnpm", ["pack", "--pack-destination", folder], { cwd, stdio: ["ignore", "ignore", "inherit"] });
    const file = readdirSync(folder).find((one) => !before.has(one));
    if (file === undefined) throw new Error(`pnpm pack made no tarball for ${name}`);
    tarballs.set(name, join(folder, file));
  }
  return tarballs;
}
