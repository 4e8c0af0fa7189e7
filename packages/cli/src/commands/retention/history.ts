import type { RetentionRun } from "@agent-assembly/storage-core";
import { parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatBytes, formatCount, formatDuration, formatSecond } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import type { Style } from "../../terminal/style.js";
import { type Column, renderTable } from "../../terminal/table.js";

const MAX_RUNS = 1000;

export async function retentionHistory(context: Context, options: { readonly limit: string }): Promise<ExitCode> {
  const limit = parseInteger("--limit", options.limit, 1, MAX_RUNS);
  return context.withStorage(async (storage) => {
    const items = await storage.retentionSupport.runs({ limit });
    if (context.json) await context.out.line(formatJson({ items }));
    else if (items.length === 0) await context.out.line("No runs yet.");
    else await context.out.write(renderTable(items, columns(context.style), context.width, context.style));
    return EXIT.ok;
  });
}

function columns(style: Style): Column<RetentionRun>[] {
  const paint: Record<RetentionRun["outcome"], (text: string) => string> = {
    succeeded: style.green,
    failed: style.red,
    interrupted: style.yellow,
    running: style.cyan,
  };
  return [
    { title: "STARTED", value: ({ startedAt }) => formatSecond(startedAt), fixed: true },
    {
      title: "TOOK",
      value: (run) =>
        run.outcome === "running" ? undefined : formatDuration(run.finishedAt.getTime() - run.startedAt.getTime()),
      align: "right",
      fixed: true,
    },
    { title: "OUTCOME", value: ({ outcome }) => outcome, fixed: true, style: ({ outcome }) => paint[outcome] },
    { title: "SCHEDULED FOR", value: ({ scheduledFor }) => scheduledFor && formatSecond(scheduledFor), fixed: true },
    { title: "ROWS", value: ({ rows }) => formatCount(rows), align: "right", fixed: true },
    { title: "BYTES", value: ({ bytes }) => formatBytes(bytes), align: "right", fixed: true },
    { title: "DETAIL", value: ({ detail }) => detail },
  ];
}
