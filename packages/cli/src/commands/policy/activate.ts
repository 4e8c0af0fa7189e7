import type { PolicyActivation } from "@agent-assembly/storage-core";
import { actorName } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatRelative, formatTime } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { parseExpectedActive, parseVersion, unknownPolicy } from "./versions.js";

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
  return context.changeStorage(async (storage) => {
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

interface RollbackOptions {
  readonly actor?: string;
  readonly expectedActive?: string;
}

export async function policyRollback(context: Context, options: RollbackOptions, name: string): Promise<ExitCode> {
  const expectedActive = parseExpectedActive(options.expectedActive);
  return context.changeStorage(async (storage) => {
    const activation = await storage.policies.rollback(name, { actor: actorName(options.actor), expectedActive });
    await printActivation(context, activation);
    return EXIT.ok;
  });
}

async function printActivation(context: Context, activation: PolicyActivation): Promise<void> {
  if (context.json) {
    await context.out.line(formatJson(activation));
    return;
  }
  const { name, from, to, actor, at } = activation;
  const before = from === null ? "none was active before" : `version ${from} was active before`;
  await context.out.line(
    escapeText(
      `${name} version ${to} is active since ${formatTime(at)} (${formatRelative(at, context.now())}), set by ${actor}; ${before}`,
    ),
  );
}
