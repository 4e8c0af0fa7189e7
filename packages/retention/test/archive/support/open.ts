import { pathToFileURL } from "node:url";
import { onTestFinished } from "vitest";
import { type Archive, openArchive } from "../../../src/index.js";

/** Opens the archive in a folder for one test. */
export async function openFolder(folder: string): Promise<Archive> {
  const archive = await openArchive(pathToFileURL(folder).href);
  onTestFinished(() => archive.close());
  return archive;
}
