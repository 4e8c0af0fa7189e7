import { EXIT, type ExitCode } from "./exit.js";
import { buildProgram } from "./program.js";
import { runProgram } from "./run-program.js";
import { type Host, StopRequest } from "./terminal/host.js";
import { BrokenPipe } from "./terminal/output.js";
import { Session } from "./terminal/session.js";

/**
 * Runs one command line.
 * @param argv without the names of Node.js and of the program
 * @returns the exit code: 0 done, 1 the command found or met a problem, 2 the command line cannot be understood, 3
 *   evidence could not be checked, 130 interrupted
 */
export async function main(argv: readonly string[], host: Host): Promise<ExitCode> {
  const session = new Session(host);
  let exitCode: ExitCode = EXIT.ok;
  try {
    const program = await buildProgram(argv, host, {
      // Behind it are the configuration and the stores, which help does without.
      createContext: async (global) => (await import("./create-context.js")).createContext(session, global),
      onExit: (code) => {
        exitCode = code;
      },
    });
    exitCode = (await runProgram(program, argv)) ?? exitCode;
    await session.out.flush();
  } catch (error) {
    exitCode = await failed(error);
  }
  return host.signal.reason instanceof StopRequest ? session.exitCodeOf(host.signal.reason) : exitCode;

  async function failed(error: unknown): Promise<ExitCode> {
    if (error instanceof BrokenPipe || session.brokenPipe) return EXIT.ok;
    if (host.signal.reason instanceof StopRequest) return EXIT.interrupted;
    const { reportError } = await import("./report-error.js");
    const report = reportError(error, { json: argv.includes("--json"), debug: argv.includes("--debug") });
    // Where stderr is gone, the exit code is all that is left to say it.
    await session.err.write(report.text).catch(() => undefined);
    return report.exitCode;
  }
}
