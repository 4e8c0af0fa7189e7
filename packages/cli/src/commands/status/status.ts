import { setTimeout as delay } from "node:timers/promises";
import { parseInteger } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJson, formatJsonLine } from "../../terminal/json.js";
import { StatusReader } from "./report.js";
import { renderStatus } from "./view.js";

interface StatusOptions {
  readonly watch?: boolean;
  readonly interval: string;
}

const CLEAR_SCREEN = "\u001b[2J\u001b[H";

export async function status(context: Context, options: StatusOptions): Promise<ExitCode> {
  const seconds = parseInteger("--interval", options.interval, 1, 3600);
  return context.withStorage(
    async (storage, loaded) => {
      const reader = new StatusReader(storage, loaded);
      if (options.watch === true) return watch(context, reader, seconds);
      const report = await reader.read();
      await context.out.write(
        context.json ? `${formatJson(report)}\n` : renderStatus(report, context.style, context.width, context.now()),
      );
      return report.status === "ok" ? EXIT.ok : EXIT.problem;
    },
    { readsOnly: true },
  );
}

/** Until Ctrl-C; without a terminal, or with `--json`, one report after another. */
async function watch(context: Context, reader: StatusReader, seconds: number): Promise<ExitCode> {
  for (;;) {
    const report = await reader.read();
    if (context.json) {
      await context.out.line(formatJsonLine(report));
    } else {
      const page = renderStatus(report, context.style, context.width, context.now());
      const footer = context.style.dim(`Every ${seconds} s, ${new Date(context.now()).toISOString()}; Ctrl-C ends it.`);
      await context.out.write(`${context.width === undefined ? "" : CLEAR_SCREEN}${page}\n${footer}\n`);
    }
    await delay(seconds * 1000, undefined, { signal: context.signal });
  }
}
