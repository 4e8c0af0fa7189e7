import type { Archive } from "@agent-assembly/retention";
import { retentionSettings } from "@agent-assembly/storage";
import { parseArchiveUrl } from "../../args/values.js";
import type { Context } from "../../context.js";
import { inSettings } from "../../explain-error.js";
import { openArchiveAt } from "../retention/open-archive.js";

/** Opens the archives that a user named, for reading. */
export async function withArchives<T>(
  context: Context,
  urls: readonly string[] = [],
  use: (archives: readonly Archive[]) => Promise<T>,
): Promise<T> {
  if (urls.length === 0) return use([]);
  const parsed = urls.map((url) => parseArchiveUrl("--archive", url));
  const loaded = await context.loadConfig({});
  const { s3 } = retentionSettings(loaded.config);
  const archives: Archive[] = [];
  try {
    for (const url of parsed) archives.push(await openArchiveAt(url, { access: "read", s3 }));
    return await use(archives);
  } catch (error) {
    throw inSettings(error, loaded);
  } finally {
    await Promise.all(archives.map((archive) => archive.close()));
  }
}
