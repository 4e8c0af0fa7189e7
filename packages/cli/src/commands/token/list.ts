import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { apiTokensOf } from "./access.js";
import { renderTokens } from "./view.js";

export async function tokenList(context: Context, options: { readonly revoked?: boolean }): Promise<ExitCode> {
  return context.withStorage(async (storage) => {
    const items = await apiTokensOf(storage).list({ revoked: options.revoked === true });
    if (context.json) await context.out.line(formatJson({ items }));
    else if (items.length === 0) await context.out.line("No tokens.");
    else await context.out.write(renderTokens(items, context));
    return EXIT.ok;
  });
}
