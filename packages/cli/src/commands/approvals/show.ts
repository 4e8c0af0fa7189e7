import type { AgentStorage } from "@agent-assembly/storage";
import { StorageError } from "@agent-assembly/storage-core";
import type { Approval } from "@agent-assembly/storage-core/state";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { renderApproval } from "./view.js";

export async function approvalsShow(context: Context, _: object, requestId: string): Promise<ExitCode> {
  return context.withStorage(async (storage) => {
    const approval = await findApproval(storage, requestId);
    if (context.json) await context.out.line(formatJson(approval));
    else await context.out.write(renderApproval(approval, context.now(), context.style));
    return EXIT.ok;
  });
}

/** The request as it is now. @throws `not_found` that says where to look */
export async function findApproval({ approvals, name }: AgentStorage, requestId: string): Promise<Approval> {
  const found = await approvals.get(requestId);
  if (found !== undefined) return found;
  throw new StorageError({
    code: "not_found",
    message: `there is no request ${JSON.stringify(requestId)}`,
    remedy: "Run aasm approvals list to see pending requests, with --all also decided ones.",
    operation: "approvals.get",
    backend: name,
  });
}
