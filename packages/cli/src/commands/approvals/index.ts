import type { Command } from "commander";
import type { Lazily } from "../../handler.js";

export function addApprovalCommands(approvals: Command, run: Lazily): void {
  approvals
    .command("list")
    .description("requests that wait, oldest first")
    .option("--state <states>", "pending, claimed, approved or denied, separated by commas", "pending,claimed")
    .option("--all", "whatever their state; in place of --state")
    .option("--agent <id>", "only of this agent")
    .option("--team <id>", "only of this team")
    .option("--limit <count>", "requests per page, 1 to 1000", "100")
    .option("--cursor <cursor>", "continue where a page ended")
    .action(run(async () => (await import("./list.js")).approvalsList));
  approvals
    .command("show")
    .description("everything known of one request")
    .argument("<id>", "request id")
    .action(run(async () => (await import("./show.js")).approvalsShow));
  approvals
    .command("decide")
    .description("approve or deny a request; shows what it is about, and asks")
    .argument("<id>", "request id")
    .argument("<verdict>", "approve or deny")
    .option("--reason <text>", "why; kept with the decision")
    .option("--digest <sha256>", "refuse unless the request is the one with this digest")
    .option("--actor <name>", "who decides (default: the current user)")
    .option("-y, --yes", "do not ask")
    .action(run(async () => (await import("./decide.js")).approvalsDecide));
}
