import { type Archive, type OpenArchiveOptions, openArchive } from "@agent-assembly/retention";
import type { RetentionSettings } from "@agent-assembly/storage";

/** Opens the archive at a URL. */
export function openArchiveAt(url: string, options: OpenArchiveOptions): Promise<Archive> {
  // The SDK warns on stderr which Node.js its later versions need. The user of a command cannot act on that.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= "true";
  return openArchive(url, options);
}

/** Opens archives for a run, their errors in the words of the configuration. */
export function archiveOpener(s3: RetentionSettings["s3"]): (url: string) => Promise<Archive> {
  return (url) => openArchiveAt(url, { s3 });
}
