import { EXIT, type ExitCode } from "./exit.js";
import { BrokenPipe } from "./io/broken-pipe.js";
import { buildProgram } from "./program.js";
import { reportError } from "./report-error.js";
import { HelpShown, runProgram } from "./run-program.js";
import { createContext, watchTerminal } from "./terminal.js";

/** Runs one command line and sets the process's exit code. */
export async function main(args: readonly string[]): Promise<void> {
  const terminal = watchTerminal();
  let exitCode: ExitCode = EXIT.ok;
  try {
    const program = buildProgram((global) => createContext(terminal, global));
    exitCode = await runProgram(program, args);
  } catch (error) {
    exitCode = await failed(error);
  }
  process.exitCode = terminal.interrupted() ? terminal.exitCode() : exitCode;
  // An interrupted command may still have work under way that cannot be stopped.
  if (terminal.signal.aborted) process.exit();
  if (terminal.leftOpen()) {
    await terminal.flush();
    process.exit();
  }
  terminal.stop();

  async function failed(error: unknown): Promise<ExitCode> {
    if (error instanceof BrokenPipe || terminal.brokenPipe()) return EXIT.ok;
    if (terminal.interrupted()) return EXIT.interrupted;
    if (error instanceof HelpShown) return error.exitCode;
    const report = reportError(error, { json: args.includes("--json"), debug: args.includes("--debug") });
    await terminal.err.write(report.text).catch(() => undefined);
    return report.exitCode;
  }
}
