import { Command } from "commander";
import { addAgentCommands } from "./commands/agents/commands.js";
import { addApprovalCommands } from "./commands/approvals/commands.js";
import { addArchiveCommands } from "./commands/archive/commands.js";
import { addAuditCommands } from "./commands/audit/commands.js";
import { addConfigCommands } from "./commands/config/commands.js";
import { addMetricCommands } from "./commands/metrics/commands.js";
import { addPolicyCommands } from "./commands/policy/commands.js";
import { addRetentionCommands } from "./commands/retention/commands.js";
import type { Context, GlobalOptions } from "./context.js";
import type { Lazily } from "./handler.js";
import { setExit } from "./run-program.js";
import { readVersion } from "./version.js";

/** The whole command tree; nothing behind a command is loaded yet. */
export function buildProgram(createContext: (global: GlobalOptions) => Context): Command {
  const run: Lazily = (load) =>
    async function action(this: Command) {
      const handler = await load();
      const options = this.opts() as Parameters<typeof handler>[1];
      setExit(await handler(createContext(this.optsWithGlobals()), options, ...this.args));
    };
  const program = new Command("aasm")
    .description("Audit events, agents and policies of governed AI agents")
    .version(readVersion(), "-V, --version", "print the version")
    .option("--config <file>", "configuration file (default: ~/.aasm/config.yaml)")
    .option("--backend <name>", "sqlite, postgres or memory")
    .option("--path <file>", "SQLite file; implies --backend sqlite")
    .option("--json", "print one JSON document")
    .option("--no-color", "no colour, also with NO_COLOR set")
    .option("--debug", "show stack traces")
    .helpOption("-h, --help", "show help")
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({ outputError: () => undefined });

  program
    .command("status")
    .description("backend, health, rows, tiers, hot-path state and capabilities")
    .option("--watch", "refresh until Ctrl-C")
    .option("--interval <seconds>", "seconds between refreshes", "2")
    .action(run(async () => (await import("./commands/status.js")).status));
  program
    .command("migrate")
    .description("bring the database's schema up to date")
    .option("--plan", "list what would be done and change nothing")
    .option("--status", "say which version the database has; exit 1 when it is behind")
    .option("--verify", "check that the schema is current and its history unedited; exit 1 otherwise")
    .action(run(async () => (await import("./commands/migrate.js")).migrate));
  addAuditCommands(program, run);
  addAgentCommands(program, run);
  addPolicyCommands(program, run);
  addApprovalCommands(program, run);
  addMetricCommands(program, run);
  addRetentionCommands(program, run);
  addArchiveCommands(program, run);
  addConfigCommands(program, run);
  program
    .command("demo")
    .description("record a sample of agent activity and show what can be seen of it; safe to run again")
    .action(run(async () => (await import("./commands/demo.js")).demo));
  program
    .command("completion")
    .description("print a completion script")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText("after", completionHelp)
    .action(
      run(async () => {
        const { completion } = await import("./commands/completion.js");
        return (context: Context, _: object, shell?: string) => completion(context, program, shell ?? "");
      }),
    );
  return program;
}

const completionHelp = `
Install:
  bash  echo 'source <(aasm completion bash)' >> ~/.bashrc
  zsh   echo 'source <(aasm completion zsh)' >> ~/.zshrc
  fish  aasm completion fish > ~/.config/fish/completions/aasm.fish`;
