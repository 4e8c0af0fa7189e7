import { existsSync } from "node:fs";
import { chmod, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, makePublicFolder, OWN_FOLDER_MARK, removeOwnFolder } from "../process/folders.js";
import { withLock } from "../process/lock.js";
import { startTime } from "../process/processes.js";
import { runOwnedCommand } from "../process/spawn.js";
import { watch } from "../process/watch.js";
import { downloadPackages } from "./download.js";
import { debianArchitecture, PROGRAM_FOLDERS, recipeHash } from "./recipe.js";
import { loaderCommand, unpackPackages, wrapPrograms } from "./unpack.js";

/**
 * Gives the folder with Debian's packages unpacked and ready to run, preparing it when it is not there yet: 5 to 10
 * seconds and 52 MB of download. It appears at once and complete. Throws `ServiceUnavailable` on other systems.
 */
export async function prepareDebianPackages(): Promise<string> {
  const architecture = await debianArchitecture();
  const cache = cacheFolder();
  const folder = join(cache, recipeHash(architecture));
  if (existsSync(folder)) return folder;
  await makePublicFolder(cache);
  return withLock(`${folder}.lock`, 300_000, async () => {
    if (existsSync(folder)) return folder;
    await removeAbandoned(cache);
    await build(cache, folder, architecture);
    return folder;
  });
}

async function build(cache: string, folder: string, architecture: string): Promise<void> {
  const draft = await mkdtemp(join(cache, `${OWN_FOLDER_MARK}-draft-${process.pid}-${startTime(process.pid)}-`));
  const forget = watch({ kind: "folder", path: draft });
  try {
    await chmod(draft, 0o755);
    await unpackPackages(await downloadPackages(draft), draft);
    await rm(join(draft, "apt"), { recursive: true });
    const postgres = join(draft, PROGRAM_FOLDERS.postgres, "postgres");
    const [loader, ...flags] = loaderCommand(draft, architecture) as [string, ...string[]];
    await runOwnedCommand(loader, [...flags, postgres, "--version"], { mark: draft });
    await wrapPrograms(draft, folder, architecture);
    await moveIntoPlace(draft, folder);
  } finally {
    await removeOwnFolder(draft);
    forget();
  }
}

async function moveIntoPlace(draft: string, folder: string): Promise<void> {
  try {
    await rename(draft, folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // Another process was faster, and its folder is as good as ours.
    if (code !== "ENOTEMPTY" && code !== "EEXIST") throw error;
  }
}

/** Drafts of processes that are dead, for instance after a power cut, which no watchdog survives. */
async function removeAbandoned(cache: string): Promise<void> {
  for (const name of await readdir(cache)) {
    const match = new RegExp(`^${OWN_FOLDER_MARK}-draft-(\\d+)-(\\d+)-`).exec(name);
    if (match !== null && startTime(Number(match[1])) !== match[2]) await removeOwnFolder(join(cache, name));
  }
}
