import { type FilterOptions, toFilter } from "../../args/filter.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatCount } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";

export async function auditCount(context: Context, options: FilterOptions): Promise<ExitCode> {
  const filter = toFilter(options, context.now());
  return context.withStorage(async (storage) => {
    const count = await storage.audit.count(filter);
    await context.out.line(context.json ? formatJson({ count }) : formatCount(count));
    return EXIT.ok;
  });
}
