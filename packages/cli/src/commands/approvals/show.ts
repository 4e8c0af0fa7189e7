import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { findApproval } from "./find.js";
import { renderApproval } from "./view.js";

export async function approvalsShow(context: Context, _: object, requestId: string): Promise<ExitCode> {
  return context.withStorage(async (storage) => {
    const approval = await findApproval(storage, requestId);
    if (context.json) await context.out.line(formatJson(approval));
    else await context.out.write(renderApproval(approval, context.now(), context.style));
    return EXIT.ok;
  });
}
