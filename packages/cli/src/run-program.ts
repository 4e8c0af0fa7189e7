import { type Command, CommanderError } from "commander";
import { EXIT, type ExitCode, UsageError } from "./exit.js";

/**
 * Parses and runs a command line.
 * @returns the exit code where help or the version was the answer; `undefined` where a command ran
 * @throws UsageError for a command line that cannot be understood, and what the command throws
 */
export async function runProgram(program: Command, args: readonly string[]): Promise<ExitCode | undefined> {
  try {
    await program.parseAsync(args, { from: "user" });
    return undefined;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.code.startsWith("commander.help") || error.code === "commander.version") {
      // Help that was not asked for answers a command line without a command.
      return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    }
    throw new UsageError(toMessage(error.message));
  }
}

/** Commander's text on one line, without its `error:`, with a way on. */
function toMessage(message: string): string {
  const text = message.replace(/^error: /, "").replace(/\s*\n\s*/g, " ");
  return `${text}${/[.?)]$/.test(text) ? "" : "."} See aasm --help, or --help after a command.`;
}
