import type { Command } from "commander";
import type { Lazily } from "../../handler.js";

export function addAgentCommands(agents: Command, run: Lazily): void {
  agents
    .command("list")
    .description("agents by id")
    .option("--team <id>", "team id")
    .option("--org <id>", "organisation id")
    .option("--status <status>", "registered, online or offline")
    .option("--mode <mode>", "enforcement mode in force")
    .option("--limit <count>", "agents per page, 1 to 1000", "100")
    .option("--cursor <cursor>", "continue where a page ended")
    .action(run(async () => (await import("./list.js")).agentsList));
  agents
    .command("show")
    .description("everything known of one agent")
    .argument("<id>", "agent id")
    .action(run(async () => (await import("./show.js")).agentsShow));
}
