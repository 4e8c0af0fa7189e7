import { actorName } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { printActivation } from "./print-activation.js";
import { parseExpectedActive } from "./versions.js";

interface RollbackOptions {
  readonly actor?: string;
  readonly expectedActive?: string;
}

export async function policyRollback(context: Context, options: RollbackOptions, name: string): Promise<ExitCode> {
  const expectedActive = parseExpectedActive(options.expectedActive);
  return context.withStorage(async (storage) => {
    const activation = await storage.policies.rollback(name, { actor: actorName(options.actor), expectedActive });
    await printActivation(context, activation);
    return EXIT.ok;
  });
}
