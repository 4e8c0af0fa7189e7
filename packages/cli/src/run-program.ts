import { type Command, CommanderError } from "commander";
import { EXIT, type ExitCode, UsageError } from "./exit.js";
import { oneLine } from "./terminal/escape.js";

/** Help was asked for on a word that is no command. */
class UnknownCommand extends Error {
  /** @param words the command line without all that has nothing to do with it */
  constructor(readonly words: readonly string[]) {
    super("unknown command");
  }
}

/**
 * To be called before help is written: commander answers `aasm audti --help` with the help of `aasm`, as if nothing were
 * wrong.
 * @throws UnknownCommand
 */
export function requireKnownCommand(command: Command): void {
  const word = command.args.find((arg) => arg !== "help");
  if (command.commands.length === 0 || word === undefined || word.startsWith("-")) return;
  if (command.commands.some((child) => child.name() === word)) return;
  const words = [word];
  for (let group = command; group.parent !== null; group = group.parent) words.unshift(group.name());
  throw new UnknownCommand(words);
}

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
    // Parsed again, both end in commander's own error, with a suggestion.
    if (error instanceof UnknownCommand) return runProgram(program, error.words);
    if (!(error instanceof CommanderError)) throw error;
    const assigned = /^error: unknown option '((--[^=]+)=.*)'$/s.exec(error.message);
    if (assigned !== null) {
      const [, word, name] = assigned as unknown as [string, string, string];
      return runProgram(
        program,
        args.map((arg) => (arg === word ? name : arg)),
      );
    }
    if (error.code.startsWith("commander.help") || error.code === "commander.version") {
      // Help that was not asked for answers a command line without a command.
      return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    }
    throw new UsageError(toMessage(error.message));
  }
}

/** Commander's text on one line, without its `error:`, with a way on. */
function toMessage(message: string): string {
  const text = oneLine(message.replace(/^error: /, ""));
  return `${text}${/[.?)]$/.test(text) ? "" : "."} See aasm --help, or --help after a command.`;
}
