import { actorName } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { unknownPolicy } from "./not-found.js";
import { printActivation } from "./print-activation.js";
import { parseExpectedActive, parseVersion } from "./versions.js";

interface ActivateOptions {
  readonly actor?: string;
  readonly expectedActive?: string;
}

export async function policyActivate(
  context: Context,
  options: ActivateOptions,
  name: string,
  version: string,
): Promise<ExitCode> {
  const wanted = version === "latest" ? undefined : parseVersion("version", version);
  const expectedActive = parseExpectedActive(options.expectedActive);
  return context.withStorage(async (storage) => {
    const number = wanted ?? (await storage.policies.versions(name))[0]?.version;
    if (number === undefined) throw unknownPolicy(name, storage.name);
    const activation = await storage.policies.activate(name, number, {
      actor: actorName(options.actor),
      expectedActive,
    });
    await printActivation(context, activation);
    return EXIT.ok;
  });
}
