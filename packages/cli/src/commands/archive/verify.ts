import type { Archive, ArchiveRange, FileReport } from "@agent-assembly/retention";
import { isStorageError } from "@agent-assembly/storage-core";
import { type RangeOptions, toRange } from "../../args/time.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatBytes } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { Progress } from "../../terminal/progress.js";
import { type ArchiveOptions, measureArchive, unknownArchive, withArchive } from "./access.js";
import { renderVerified, type Verified } from "./view.js";

interface VerifyCommandOptions extends ArchiveOptions, RangeOptions {
  readonly id?: string;
}

export async function archiveVerify(context: Context, options: VerifyCommandOptions): Promise<ExitCode> {
  const range = toRange(options, context.now());
  return withArchive(context, options, async (archive) => {
    const verified = await verify(context, archive, { ...range, archiveId: options.id });
    if (options.id !== undefined && verified.files === 0) throw unknownArchive(archive, options.id);
    if (context.json) {
      await context.out.line(formatJson({ url: archive.url, verified: verified.damaged.length === 0, ...verified }));
    } else {
      await context.out.write(renderVerified(archive.url, verified, context.width, context.style));
    }
    return verified.damaged.length === 0 ? EXIT.ok : EXIT.problem;
  });
}

async function verify(
  context: Context,
  archive: Archive,
  what: ArchiveRange & { readonly archiveId: string | undefined },
): Promise<Verified> {
  const progress = new Progress(context.err, context.showProgress, "verifying");
  const total = context.showProgress ? await bytesOf(archive, what) : undefined;
  const damaged: FileReport[] = [];
  let [files, rows, bytes] = [0, 0, 0];
  try {
    for await (const file of archive.verify({ ...what, signal: context.signal })) {
      files++;
      rows += file.rows;
      bytes += file.bytes;
      if (file.status !== "ok") damaged.push(file);
      await progress.update(bytes, total, `${formatBytes(bytes)}`);
    }
  } finally {
    await progress.finish();
  }
  context.signal.throwIfAborted();
  return { files, rows, bytes, damaged };
}

/** For the progress bar: a manifest that cannot be read is for the verification to tell. */
async function bytesOf(archive: Archive, what: Parameters<typeof measureArchive>[1]): Promise<number | undefined> {
  try {
    return (await measureArchive(archive, what)).bytes;
  } catch (error) {
    if (isStorageError(error)) return undefined;
    throw error;
  }
}
