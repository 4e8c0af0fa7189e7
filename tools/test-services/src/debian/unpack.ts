import { chmod, mkdir, open, readdir, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runOwnedCommand } from "../process/spawn.js";
import { ARCHITECTURES, PROGRAM_FOLDERS, REMOVED } from "./recipe.js";

/** Unpacks `.deb` files into `folder` without installing anything, and removes what is never run. */
export async function unpackPackages(packages: readonly string[], folder: string): Promise<void> {
  for (const name of ["bin", "sbin", "lib", "lib64"]) {
    await mkdir(join(folder, "usr", name), { recursive: true });
    await chmod(join(folder, "usr", name), 0o755);
    // Debian's merged /usr: packages name files by both paths.
    await symlink(`usr/${name}`, join(folder, name));
  }
  await chmod(join(folder, "usr"), 0o755);
  // Two at once: decompressing is what takes the time, and more would crowd out what else the machine does.
  const waiting = [...packages];
  const unpackWaiting = async () => {
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      await runOwnedCommand("dpkg-deb", ["--extract", file, folder], { mark: folder });
    }
  };
  await Promise.all([unpackWaiting(), unpackWaiting()]);
  for (const name of REMOVED) await rm(join(folder, name), { recursive: true, force: true });
}

/**
 * Puts a shell script in the place of every program, which runs it by the unpacked dynamic loader with the unpacked
 * libraries: those of the machine may be older. PostgreSQL's programs start each other by path, so the scripts stand in
 * the original folders.
 *
 * @param folder where the packages are unpacked now
 * @param finalFolder where they will be when the programs run
 */
export async function wrapPrograms(folder: string, finalFolder: string, architecture: string): Promise<void> {
  for (const programs of Object.values(PROGRAM_FOLDERS)) {
    const originals = `${programs}/unwrapped`;
    await mkdir(join(folder, originals), { mode: 0o755 });
    await chmod(join(folder, originals), 0o755);
    for (const entry of await readdir(join(folder, programs), { withFileTypes: true })) {
      const path = join(folder, programs, entry.name);
      if (entry.isFile() && !(await isElf(path))) continue;
      // redis-server is a link to a program that asks for its own name.
      const target = entry.isSymbolicLink() ? await readlink(path) : entry.name;
      if (entry.isDirectory() || target.includes("/")) continue;
      await rename(path, join(folder, originals, entry.name));
      const script = wrapper(finalFolder, architecture, join(programs, entry.name), join(originals, entry.name));
      await writeFile(path, script);
      await chmod(path, 0o755);
    }
  }
}

/** The command that runs an unpacked program, without a wrapper. */
export function loaderCommand(folder: string, architecture: string): string[] {
  const { loader, triplet } = ARCHITECTURES[architecture] as { loader: string; triplet: string };
  return [join(folder, loader), "--library-path", join(folder, "usr/lib", triplet)];
}

function wrapper(folder: string, architecture: string, name: string, original: string): string {
  const command = [...loaderCommand(folder, architecture), "--argv0", join(folder, name), join(folder, original)];
  return `#!/bin/sh\nexec ${command.map(quoted).join(" ")} "$@"\n`;
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

async function isElf(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    return buffer.toString("latin1") === "\x7fELF";
  } finally {
    await file.close();
  }
}
