import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { renderHolds } from "./view-holds.js";

export async function holdList(context: Context, options: { readonly released?: boolean }): Promise<ExitCode> {
  return context.withStorage(async (storage) => {
    const items = await storage.tiers.holds({ released: options.released === true });
    if (context.json) await context.out.line(formatJson({ items }));
    else if (items.length === 0) await context.out.line("No legal holds.");
    else await context.out.write(renderHolds(items, context.width, context.style));
    return EXIT.ok;
  });
}
