import { execFile } from "node:child_process";
import { rm } from "node:fs/promises";
import { basename } from "node:path";
import { promisify } from "node:util";
import { dropDatabase } from "../postgres/drop-database.js";
import { endProcess, sendSignal } from "./end-process.js";
import { isProcess } from "./process-identity.js";
import { OWN_FOLDER_MARK, type WatchedResource } from "./watched-resource.js";

const ORDER: readonly WatchedResource["kind"][] = ["process", "container", "database", "folder"];

/**
 * Removes what a dead process left: its servers first, so that only databases on servers of others are left to drop, and
 * folders when nobody writes to them any more. Gives the errors met; one does not stop the rest.
 */
export async function removeResources(resources: readonly WatchedResource[]): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const kind of ORDER) {
    const ofKind = resources.filter((resource) => resource.kind === kind);
    const results = await Promise.allSettled(ofKind.map(removeResource));
    errors.push(...results.flatMap((result) => (result.status === "rejected" ? [result.reason] : [])));
  }
  return errors;
}

async function removeResource(resource: WatchedResource): Promise<void> {
  switch (resource.kind) {
    case "process":
      if (resource.group && isProcess(resource.pid, resource.mark)) sendSignal(-resource.pid, resource.signal);
      return endProcess(resource.pid, resource.mark, resource.signal);
    case "folder":
      return removeOwnFolder(resource.path);
    case "container":
      await promisify(execFile)("docker", ["rm", "--force", "--volumes", resource.name]);
      return;
    case "database":
      return dropDatabase(resource.adminUrl, resource.name);
  }
}

/** Removes a folder that this package made; refuses any other. */
export async function removeOwnFolder(path: string): Promise<void> {
  if (!basename(path).includes(OWN_FOLDER_MARK)) throw new Error(`not a folder of this package: ${path}`);
  // A server that was killed may have children that write their last files meanwhile.
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}
