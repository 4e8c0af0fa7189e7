import type { Command } from "commander";
import { repeat } from "../../args/options.js";
import type { Lazily } from "../../handler.js";

export function addTokenCommands(token: Command, run: Lazily): void {
  token
    .command("create")
    .description("make a token for a client of the gateway; its secret is shown once")
    .requiredOption("--name <name>", "who or what uses it; what is changed with it is recorded under this name")
    .requiredOption("--scope <scope>", "ingest, read, approve, policy or admin; give it several times", repeat)
    .option("--team <id>", "only events of this team")
    .option("--expires <time>", "when it expires: ISO 8601, or a time ahead such as +90d (default: never)")
    .option("--rate <requests>", "requests within a minute, 1 to 1000000 (default: no limit)")
    .option("--actor <name>", "who creates it (default: the current user)")
    .action(run(async () => (await import("./create.js")).tokenCreate));
  token
    .command("list")
    .description("tokens in force, oldest first, without their secrets")
    .option("--revoked", "also those that were revoked")
    .action(run(async () => (await import("./list.js")).tokenList));
  token
    .command("revoke")
    .description("refuse a token from now on, in every gateway of the store; its record stays")
    .argument("<id>", "the 16 digits of a token's id")
    .option("--reason <text>", "why; kept in the record")
    .option("--actor <name>", "who does it (default: the current user)")
    .action(run(async () => (await import("./revoke.js")).tokenRevoke));
}
