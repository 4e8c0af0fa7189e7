import { chmod, mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { runOwnedCommand } from "../process/spawn.js";
import { REMOVED } from "./recipe.js";

/** Unpacks `.deb` files into `folder` without installing anything, and removes what nobody runs. */
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
