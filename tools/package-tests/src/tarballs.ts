import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Packs every package of the workspace into a folder. @returns tarball paths by package name */
export function packAll(root: string, folder: string): Map<string, string> {
  execFileSync("pnpm", ["--recursive", "--filter", "./packages/*", "pack", "--pack-destination", folder], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const files = readdirSync(folder);
  return new Map(
    readdirSync(join(root, "packages")).map((directory) => {
      const manifest = readFileSync(join(root, "packages", directory, "package.json"), "utf8");
      const { name, version } = JSON.parse(manifest) as { name: string; version: string };
      const file = `${name.replace(/^@/, "").replace("/", "-")}-${version}.tgz`;
      if (!files.includes(file)) throw new Error(`pnpm pack made no tarball for ${name}`);
      return [name, join(folder, file)];
    }),
  );
}
