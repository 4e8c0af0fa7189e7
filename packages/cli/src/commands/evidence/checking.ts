import { isEvidenceError } from "@agent-assembly/evidence";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { reportError } from "../../report-error.js";

/**
 * Runs a check: what keeps it from its end says nothing about the evidence, and is told by an exit code of its own. Evidence that does
 * not hold is a problem.
 */
export async function checking(context: Context, check: () => Promise<ExitCode>): Promise<ExitCode> {
  try {
    return await check();
  } catch (error) {
    const isAnswer = error instanceof UsageError || (isEvidenceError(error) && error.problem !== "entry_unknown");
    if (isAnswer || context.signal.aborted) throw error;
    const { text } = reportError(error, { json: context.json, debug: context.global.debug === true });
    await context.err.write(text);
    return EXIT.unchecked;
  }
}
