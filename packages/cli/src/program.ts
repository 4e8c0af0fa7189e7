import { Command } from "commander";
import { COMMAND_GROUPS } from "./command-groups.js";
import type { Context, GlobalOptions } from "./context.js";
import type { ExitCode } from "./exit.js";
import type { Lazily } from "./handler.js";
import { requireKnownCommand } from "./run-program.js";
import type { Host } from "./terminal/host.js";
import { readVersion } from "./version.js";

/** Its scripts name every command there is. */
const COMPLETION = "completion";

interface ProgramHooks {
  createContext(global: GlobalOptions): Promise<Context>;
  /** Told what the command ended with: commander has no return value to hand it through. */
  onExit(code: ExitCode): void;
}

/**
 * The command tree; nothing behind a command is loaded yet. Groups that no word of the command line names are there with
 * their description alone, which is all that help shows of them.
 */
export async function buildProgram(
  argv: readonly string[],
  host: Host,
  { createContext, onExit }: ProgramHooks,
): Promise<Command> {
  const words = new Set(argv);
  const run: Lazily = (load) =>
    async function action(this: Command) {
      const [handler, context] = await Promise.all([load(), createContext(this.optsWithGlobals())]);
      const options = this.opts() as Parameters<typeof handler>[1];
      onExit(await handler(context, options, ...this.args));
    };
  const program = new Command("aasm")
    .description("Audit events, agents and policies of governed AI agents")
    .version(readVersion(), "-V, --version", "print the version")
    .option("--config <file>", "configuration file (default: AAASM_CONFIG, or ~/.aasm/config.yaml)")
    .option("--backend <name>", "sqlite, postgres, memory, or a package or path of another backend")
    .option("--path <file>", "SQLite file; implies --backend sqlite")
    .option("--json", "print one JSON document")
    .option("--no-color", "no colour, also with NO_COLOR set")
    .option("--debug", "show stack traces")
    .helpOption("-h, --help", "show help")
    .showSuggestionAfterError()
    .addHelpText("beforeAll", ({ command }) => {
      requireKnownCommand(command);
      return "";
    })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void host.stdout.write(text),
      writeErr: (text) => void host.stderr.write(text),
      getOutHelpWidth: () => helpWidth(host.stdout),
      getErrHelpWidth: () => helpWidth(host.stderr),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
      outputError: () => undefined,
    });

  program
    .command("status")
    .description("backend, health, rows, tiers, hot-path state and capabilities")
    .option("--watch", "refresh until Ctrl-C")
    .option("--interval <seconds>", "seconds between refreshes", "2")
    .action(run(async () => (await import("./commands/status/status.js")).status));
  program
    .command("migrate")
    .description("bring the database's schema up to date")
    .option("--plan", "list what would be done and change nothing")
    .option("--status", "say which version the database has; exit 1 when it is behind")
    .option("--verify", "check the schema, its history and the kept counts of events; exit 1 where something differs")
    .option("--rebuild-counts", "count the events anew, while other processes use the store")
    .action(run(async () => (await import("./commands/migrate/migrate.js")).migrate));
  for (const { name, description, load } of COMMAND_GROUPS) {
    const group = program.command(name).description(description);
    if (words.has(name) || words.has(COMPLETION)) (await load())(group, run);
  }
  program
    .command("serve")
    .description("serve the store over HTTP: OTLP, a REST API and a page, until Ctrl-C or SIGTERM")
    .option("--host <address>", "address to listen on, in place of gateway.host")
    .option("--port <port>", "port, in place of gateway.port; 0 takes a free one")
    .option("--otlp-port <port>", "a second port for OTLP alone, such as 4318")
    .action(run(async () => (await import("./commands/gateway/serve.js")).serve));
  program
    .command("dashboard")
    .description("open the page of the gateway; starts one where none runs")
    .option("--port <port>", "port, in place of gateway.port")
    .option("--no-open", "only print the link")
    .action(run(async () => (await import("./commands/gateway/dashboard.js")).dashboard));
  program
    .command("backup")
    .description("copy the store to a file while other processes use it (SQLite); verified, and overwrites nothing")
    .argument("<file>", "file to make")
    .action(run(async () => (await import("./commands/backup/backup.js")).backup));
  program
    .command("restore")
    .description("make the store, which must not exist, of a backup (SQLite)")
    .argument("<file>", "a backup, or another copy of a store")
    .option("--without-wal", "take a copy of a store in use that lacks its -wal for what it has")
    .action(run(async () => (await import("./commands/backup/backup.js")).restore));
  program
    .command("demo")
    .description("record a sample of agent activity and show what can be seen of it; safe to run again")
    .action(run(async () => (await import("./commands/demo/demo.js")).demo));
  program
    .command(COMPLETION)
    .description("print a completion script")
    .argument("<shell>", "bash, zsh or fish")
    .addHelpText("after", completionHelp)
    .action(
      run(async () => {
        const { completion } = await import("./commands/completion/completion.js");
        return (context: Context, _: object, shell?: string) => completion(context, program, shell ?? "");
      }),
    );
  return program;
}

function helpWidth({ isTTY, columns }: Host["stdout"]): number {
  return (isTTY === true && columns) || PLAIN_WIDTH;
}

/** Columns of help that no terminal shows. */
const PLAIN_WIDTH = 80;

const completionHelp = `
Install:
  bash  echo 'source <(aasm completion bash)' >> ~/.bashrc
  zsh   echo 'source <(aasm completion zsh)' >> ~/.zshrc
  fish  aasm completion fish > ~/.config/fish/completions/aasm.fish`;
