import { StorageError } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatBytes, formatDuration, formatRelative, formatTime } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { renderFields } from "../../terminal/table.js";
import { sourceText } from "./versions.js";

interface ActiveOptions {
  readonly source?: boolean;
}

export async function policyActive(context: Context, options: ActiveOptions, name: string): Promise<ExitCode> {
  return context.withStorage(async (storage) => {
    const { policy: active, source, ageMs } = await storage.policyCache.active(name);
    const cacheAgeMs = Math.round(ageMs);
    if (active === undefined) {
      throw new StorageError({
        code: "not_found",
        message: `policy ${JSON.stringify(name)} has no active version`,
        remedy: "Activate one with aasm policy activate NAME VERSION.",
        operation: "policies.active",
        backend: storage.name,
      });
    }
    const text = sourceText(active);
    if (context.json) {
      await context.out.line(formatJson({ ...active, source: text, answeredBy: source, cacheAgeMs }));
    } else if (options.source === true) {
      await context.out.write(text);
    } else {
      await context.out.write(
        renderFields(
          [
            ["policy", active.name],
            ["version", String(active.version)],
            ["format", active.format],
            ["digest", active.digest],
            ["size", formatBytes(active.size)],
            ["actor", active.actor],
            ["answered by", source === "store" ? source : `${source}, as of ${formatDuration(cacheAgeMs)} ago`],
            ["created", `${formatTime(active.createdAt)} (${formatRelative(active.createdAt, context.now())})`],
          ],
          context.style,
        ),
      );
    }
    return EXIT.ok;
  });
}
