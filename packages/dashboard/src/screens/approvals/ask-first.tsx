import type { JSX } from "preact";
import { Confirm } from "../../parts/confirm.js";
import { JsonTree } from "../../parts/json-tree.js";
import { say } from "../../parts/toast.js";
import { ApiError, write } from "../../server/client.js";
import type { Approval } from "../../server/wire.js";
import { relative } from "../../text/format.js";
import { shortId, visible } from "../../text/visible.js";
import { type Asked, LABELS, toolOf } from "./request-parts.js";

/** Asks before a request is claimed or decided; the decision is bound to the digest of what was on the screen. */
export function AskFirst({
  what,
  approval,
  onClose,
  onChange,
}: {
  readonly what: Asked["what"];
  readonly approval: Approval;
  readonly onClose: () => void;
  readonly onChange: () => void;
}): JSX.Element {
  const { digest } = approval;
  const path = `approvals/${encodeURIComponent(approval.requestId)}`;
  const run = async (reason: string | undefined): Promise<void> => {
    try {
      if (what === "claim") await write(`${path}/claim`, {});
      else await write(`${path}/decide`, { body: { verdict: what, digest, reason } });
      say({ claim: "Claimed", deny: "Denied", approve: "Approved" }[what]);
    } catch (error) {
      throw explained(error);
    } finally {
      // What changed meanwhile is shown again, also when the gateway refused.
      onChange();
    }
  };
  return (
    <Confirm
      title={`${LABELS[what]} ${visible(toolOf(approval) ?? approval.action)}?`}
      action={LABELS[what]}
      danger={what === "deny"}
      reason="optional"
      onClose={onClose}
      run={run}
    >
      <p>
        For {visible(approval.agentId)}.{" "}
        {what === "claim" ? "Others cannot decide it meanwhile." : "It is final, and recorded as yours."}
      </p>
      <p class="none">
        Bound to what is on the screen: digest <code title={digest}>{shortId(digest)}</code>
      </p>
      <JsonTree value={approval.request} label="What is asked for" />
    </Confirm>
  );
}

/** Says who was faster, where the gateway tells. */
function explained(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const now = error.problem.approval as Approval | undefined;
  if (now?.decision === undefined) return error;
  const { source, approver, at } = now.decision;
  const by = source === "expiry" ? "its expiry" : (approver ?? "another approver");
  return new ApiError(
    error.status,
    error.code,
    `Decided by ${by} ${relative(Date.parse(at), Date.now())}: ${now.state}.`,
  );
}
