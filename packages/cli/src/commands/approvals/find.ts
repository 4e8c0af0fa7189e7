import type { AgentStorage } from "@agent-assembly/storage";
import { StorageError } from "@agent-assembly/storage-core";
import type { Approval } from "@agent-assembly/storage-core/state";

/** The request as it is now. @throws `not_found` that says where to look */
export async function findApproval({ state, name }: AgentStorage, requestId: string): Promise<Approval> {
  const found = await state.approvals.get(requestId);
  if (found !== undefined) return found;
  throw new StorageError({
    code: "not_found",
    message: `there is no request ${JSON.stringify(requestId)}; aasm approvals list shows those that wait, with --all decided ones too`,
    operation: "approvals.get",
    backend: name,
  });
}
