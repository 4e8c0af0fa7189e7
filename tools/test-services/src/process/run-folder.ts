import { chown, mkdir, mkdtemp } from "node:fs/promises";
import { join } from "node:path";
import { removeOwnFolder } from "./remove-resource.js";
import { serverUser, temporaryFolder } from "./server-user.js";
import { watch } from "./watch.js";
import { OWN_FOLDER_MARK } from "./watched-resource.js";

/** A folder with a random name that holds all files of one server. */
export interface RunFolder {
  readonly path: string;
  /** Makes a folder inside, mode 0700, owned by the server user. */
  makeFolder(name: string): Promise<string>;
  remove(): Promise<void>;
}

/**
 * Makes a folder that is removed when this process ends, or by `remove`. It belongs to the server user, mode 0700.
 * @param parent where it is made
 */
export async function makeRunFolder(service: string, parent: string = temporaryFolder()): Promise<RunFolder> {
  const user = serverUser();
  const path = await mkdtemp(join(parent, `${OWN_FOLDER_MARK}-${service}-`));
  const forget = watch({ kind: "folder", path });
  if (user !== undefined) await chown(path, user.uid, user.gid);
  return {
    path,
    async makeFolder(name) {
      const folder = join(path, name);
      await mkdir(folder, { mode: 0o700 });
      if (user !== undefined) await chown(folder, user.uid, user.gid);
      return folder;
    },
    async remove() {
      await removeOwnFolder(path);
      forget();
    },
  };
}
