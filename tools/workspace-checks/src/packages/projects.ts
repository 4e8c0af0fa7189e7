import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { publishedFolders } from "../published.mjs";

/** Packs every published package of the workspace into a folder. @returns tarball paths by package name */
export function packAll(root: string, folder: string): Map<string, string> {
  const filters = publishedFolders(root).flatMap((directory) => ["--filter", `./packages/${directory}`]);
  execFileSync("pnpm", ["--recursive", ...filters, "pack", "--pack-destination", folder], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const files = readdirSync(folder);
  return new Map(
    publishedFolders(root).map((directory) => {
      const manifest = readFileSync(join(root, "packages", directory, "package.json"), "utf8");
      const { name, version } = JSON.parse(manifest) as { name: string; version: string };
      const file = `${name.replace(/^@/, "").replace("/", "-")}-${version}.tgz`;
      if (!files.includes(file)) throw new Error(`pnpm pack made no tarball for ${name}`);
      return [name, join(folder, file)];
    }),
  );
}

/**
 * Makes projects with some of our packages installed from their tarballs, as a user's would be: one workspace, so that all are
 * installed at once, in which each finds only what it installed itself.
 *
 * Dependencies of others have the versions that the workspace has, so that what has to be compiled is not compiled again.
 *
 * @param root of the workspace
 * @param projects by name of its folder, the packages that a project installs
 * @param tarballs by name, all packages that can be installed
 * @param typesNode the folder that holds the types of Node.js
 */
export function installProjects(
  root: string,
  folder: string,
  projects: ReadonlyMap<string, readonly string[]>,
  tarballs: ReadonlyMap<string, string>,
  typesNode: string,
): void {
  const wanted = [...projects].map(
    ([name, packages]) =>
      [name, Object.fromEntries(packages.map((one) => [one, `file:${tarballs.get(one)}`]))] as const,
  );
  installDependencies(root, folder, new Map(wanted), tarballs);
  const compilerOptions = {
    target: "ES2022",
    lib: ["ES2023", "ESNext.Disposable"],
    module: "NodeNext",
    moduleResolution: "NodeNext",
    strict: true,
    // The declarations of our packages are what is tested.
    skipLibCheck: false,
    types: ["node"],
    typeRoots: [typesNode],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["*/example-*.ts"] }));
}

/**
 * {@link installProjects} for projects with other dependencies, too, and without a compiler.
 * @param projects by name of its folder, the dependencies of a project as they are in a `package.json`
 */
export function installDependencies(
  root: string,
  folder: string,
  projects: ReadonlyMap<string, Readonly<Record<string, string>>>,
  tarballs: ReadonlyMap<string, string>,
): void {
  for (const [name, dependencies] of projects) {
    const manifest = { name: `example-${name}`, private: true, type: "module", dependencies };
    mkdirSync(join(folder, name), { recursive: true });
    writeFileSync(join(folder, name, "package.json"), JSON.stringify(manifest));
  }
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "examples", private: true }));
  const settings = {
    packages: [...projects.keys()],
    // Our packages depend on each other by version; none of them is published yet.
    overrides: Object.fromEntries([...tarballs].map(([name, file]) => [name, `file:${file}`])),
    allowBuilds: { "better-sqlite3": true },
    autoInstallPeers: false,
    // A package that imports what it does not depend on must not find it.
    hoist: false,
  };
  // JSON is YAML.
  writeFileSync(join(folder, "pnpm-workspace.yaml"), JSON.stringify(settings));
  writeFileSync(join(folder, "pnpm-lock.yaml"), withoutProjects(readFileSync(join(root, "pnpm-lock.yaml"), "utf8")));
  execFileSync("pnpm", ["install", "--prefer-offline", "--no-frozen-lockfile", "--silent"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, CI: "true" },
  });
}

/**
 * Compiles a folder with its `tsconfig.json`.
 *
 * @param tsc the compiler's program
 * @returns what it found wrong, a line each, paths relative to the folder
 */
export function compilerErrors(tsc: string, folder: string): string[] {
  const { stdout, error } = spawnSync(process.execPath, [tsc, "-p", "."], { cwd: folder, encoding: "utf8" });
  if (error !== undefined) throw error;
  return stdout.split("\n").filter((line) => line !== "");
}

/** A lockfile that knows versions, and no project that has them. */
function withoutProjects(lockfile: string): string {
  const head = lockfile.slice(0, lockfile.indexOf("\ncatalogs:"));
  return `${head}\nimporters:\n\n  .: {}\n${lockfile.slice(lockfile.indexOf("\npackages:"))}`;
}
