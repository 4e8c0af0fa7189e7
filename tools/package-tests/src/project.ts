import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** An empty project with some of our packages installed from their tarballs, as a user's would be. */
export function installProject(
  folder: string,
  names: readonly string[],
  tarballs: ReadonlyMap<string, string>,
  typesNode: string,
): void {
  mkdirSync(folder, { recursive: true });
  const dependencies = Object.fromEntries(names.map((name) => [name, `file:${tarballs.get(name)}`]));
  const overrides = [...tarballs].map(([name, file]) => `  "${name}": "file:${file}"`);
  const manifest = { name: "example", private: true, type: "module", dependencies };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(
    join(folder, "pnpm-workspace.yaml"),
    // Our packages depend on each other by version; none of them is published yet.
    `overrides:\n${overrides.join("\n")}\nallowBuilds:\n  better-sqlite3: true\nautoInstallPeers: false\n`,
  );
  execFileSync("pnpm", ["install", "--prefer-offline", "--no-frozen-lockfile", "--silent"], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
    env: { ...process.env, CI: "true" },
  });
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
    outDir: "out",
    rootDir: ".",
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["example-*.ts"] }));
}
