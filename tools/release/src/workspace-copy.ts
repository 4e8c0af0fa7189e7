import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The workspace that this file is in. */
export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

/** The author of commits in a copy. */
const AUTHOR = { GIT_AUTHOR_NAME: "release", GIT_AUTHOR_EMAIL: "release@example.com" };
const IDENTITY = {
  ...AUTHOR,
  GIT_COMMITTER_NAME: AUTHOR.GIT_AUTHOR_NAME,
  GIT_COMMITTER_EMAIL: AUTHOR.GIT_AUTHOR_EMAIL,
};

/** A package as its package.json tells it. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly [field: string]: unknown;
}

/**
 * Copies the files of the workspace that git knows or would add, as they are now, into a repository of their own.
 * @param wanted the files to copy, by their paths below the root
 */
export function copyWorkspace(folder: string, wanted: (file: string) => boolean = () => true): void {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    cwd: ROOT,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
  for (const file of listed.split("\0").filter((name) => name !== "" && wanted(name))) {
    // A file that is deleted and not yet committed is listed, too.
    if (!existsSync(join(ROOT, file))) continue;
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    cpSync(join(ROOT, file), join(folder, file));
  }
  execFileSync("git", ["init", "--quiet", "--initial-branch=main"], { cwd: folder });
  commitAll(folder, "start");
}

/** Commits everything that is in a copy. */
export function commitAll(folder: string, message: string): void {
  execFileSync("git", ["add", "--all"], { cwd: folder });
  execFileSync("git", ["commit", "--quiet", "--allow-empty", "-m", message], {
    cwd: folder,
    env: { ...process.env, ...IDENTITY },
  });
}

/** Runs `changeset version` in a copy, with the changesets of this workspace's installation. */
export function version(folder: string): void {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, "node_modules/@changesets/cli/bin.js"), "version"],
    { cwd: folder, encoding: "utf8", env: { ...process.env, ...IDENTITY } },
  );
  if (status !== 0) throw new Error(`changeset version failed:\n${stdout}${stderr}`);
}

/** The published packages below `packages`, by the name of their folder. */
export function packagesIn(folder: string): ReadonlyMap<string, Manifest> {
  const all = readdirSync(join(folder, "packages")).map((name) => {
    const manifest = JSON.parse(readFileSync(join(folder, "packages", name, "package.json"), "utf8")) as Manifest;
    return [name, manifest] as const;
  });
  return new Map(all.filter(([, { private: isPrivate }]) => isPrivate !== true));
}
