import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import { errorInit } from "@agent-assembly/storage-core/backend";
import type {
  Approval,
  ApprovalQueue,
  ApprovalVerdict,
  DecidedApproval,
  DecideOptions,
} from "@agent-assembly/storage-core/state";
import { actorName, parseChoice, parseText } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatJson } from "../../terminal/json.js";
import { findApproval } from "./show.js";
import { decisionText, isDecided, renderApproval } from "./view.js";

interface DecideCommandOptions {
  readonly reason?: string;
  readonly digest?: string;
  readonly actor?: string;
  readonly yes?: boolean;
}

const VERDICTS: readonly ApprovalVerdict[] = ["approve", "deny"];

export async function approvalsDecide(
  context: Context,
  options: DecideCommandOptions,
  requestId: string,
  verdictText: string,
): Promise<ExitCode> {
  const verdict = parseChoice("verdict", verdictText, VERDICTS);
  const reason = options.reason === undefined ? undefined : parseText("--reason", options.reason, "why");
  const approver = parseText("--actor", actorName(options.actor), "who decides");
  const digest = options.digest === undefined ? undefined : parseDigest(options.digest);
  if (options.yes !== true && !context.interactive) {
    throw new UsageError("there is no terminal to ask on; add --yes to decide without a question");
  }
  return context.changeStorage(async (storage) => {
    const { approvals } = storage;
    const approval = await findApproval(storage, requestId);
    if (!context.json) await context.out.write(renderApproval(approval, context.now(), context.style));
    // What cannot be decided need not be asked for: the queue says why.
    if (options.yes !== true && !isDecided(approval)) {
      const agreed = await context.confirm(`${verdict === "approve" ? "Approve" : "Deny"} this request?`);
      if (!agreed) {
        await context.out.line("Nothing was decided.");
        return EXIT.ok;
      }
    }
    const how = { approver, verdict, digest: digest ?? approval.digest, reason };
    const decided = await decide(approvals, approval, how);
    await context.out.line(
      context.json ? formatJson(decided) : escapeText(`Request ${requestId}: ${decisionText(decided, context.now())}.`),
    );
    return EXIT.ok;
  });
}

/** @throws `conflict` that says how the request stands */
async function decide(approvals: ApprovalQueue, approval: Approval, how: DecideOptions): Promise<DecidedApproval> {
  const { requestId } = approval;
  try {
    return await approvals.decide(requestId, how);
  } catch (error) {
    if (!isStorageError(error, "conflict")) throw error;
    const init = errorInit(error);
    const hint = how.digest === approval.digest ? "" : `; its digest is ${approval.digest}`;
    throw new StorageError({
      ...init,
      message: `request ${JSON.stringify(requestId)}: ${init.message}${hint}`,
      remedy: "Run aasm approvals show to see its state.",
    });
  }
}

function parseDigest(text: string): string {
  const digest = text.toLowerCase();
  if (/^[0-9a-f]{64}$/.test(digest)) return digest;
  throw new UsageError(
    `--digest is ${JSON.stringify(text.slice(0, 80))}; allowed: 64 hexadecimal digits, as aasm approvals show prints them`,
  );
}
