import type { ArchiveManifest } from "@agent-assembly/retention";
import { type RangeOptions, toRange } from "../../args/time.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { type ArchiveOptions, withArchive } from "./access.js";
import { renderManifests } from "./view.js";

export async function archiveList(context: Context, options: ArchiveOptions & RangeOptions): Promise<ExitCode> {
  const range = toRange(options, context.now());
  return withArchive(context, options, async (archive) => {
    const items: ArchiveManifest[] = [];
    for await (const manifest of archive.manifests(range)) {
      context.signal.throwIfAborted();
      items.push(manifest);
    }
    if (context.json) await context.out.line(formatJson({ url: archive.url, items }));
    else await context.out.write(renderManifests(archive.url, items, context.width, context.style));
    return EXIT.ok;
  });
}
