import type { Command } from "commander";
import type { Lazily } from "../../handler.js";

export function addConfigCommands(config: Command, run: Lazily): void {
  config
    .command("show")
    .description("every value and where it comes from, secrets masked")
    .action(run(async () => (await import("./show.js")).configShow));
  config
    .command("validate")
    .description("check a configuration file; exit 1 when it is wrong")
    .argument("[file]", "the file (default: the one in force)")
    .action(run(async () => (await import("./validate.js")).configValidate));
}
