import type { PolicyVersion, StorageBackend } from "@agent-assembly/storage-core";
import { createTwoFilesPatch } from "diff";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { escapeLines } from "../../terminal/escape.js";
import { formatJson } from "../../terminal/json.js";
import type { Style } from "../../terminal/style.js";
import { parseVersion, unknownPolicy, unknownVersion } from "./versions.js";

export async function policyDiff(
  context: Context,
  _: object,
  name: string,
  from?: string,
  to?: string,
): Promise<ExitCode> {
  const wantedTo = to === undefined ? undefined : parseVersion("to", to);
  const wantedFrom = from === undefined ? undefined : parseVersion("from", from);
  return context.withStorage(async (storage) => {
    const latest = (await storage.policies.versions(name))[0]?.version;
    if (latest === undefined) throw unknownPolicy(name, storage.name);
    const newer = wantedTo ?? latest;
    const older = wantedFrom ?? newer - 1;
    if (older < 1)
      throw new UsageError(`policy ${JSON.stringify(name)} has only one version; there is nothing to compare it with`);
    const [left, right] = await Promise.all([load(storage, name, older), load(storage, name, newer)]);
    const patch = left.digest === right.digest ? "" : unified(left, right);
    if (context.json) await context.out.line(formatJson({ name, from: older, to: newer, same: patch === "", patch }));
    else if (patch === "") await context.out.line(`Versions ${older} and ${newer} are the same.`);
    else await context.out.write(colored(escapeLines(patch), context.style));
    return EXIT.ok;
  });
}

async function load(storage: StorageBackend, name: string, version: number): Promise<PolicyVersion> {
  const found = await storage.policies.get(name, version);
  if (found === undefined) throw unknownVersion(name, version, storage.name);
  return found;
}

function unified(left: PolicyVersion, right: PolicyVersion): string {
  const text = (version: PolicyVersion): string => new TextDecoder().decode(version.source);
  const label = (version: PolicyVersion): string => `${version.name} version ${version.version}`;
  const patch = createTwoFilesPatch(label(left), label(right), text(left), text(right), undefined, undefined, {
    context: 3,
  });
  // The library begins with a separator line that no other diff has.
  return patch.replace(/^=+\n/, "");
}

function colored(patch: string, style: Style): string {
  return patch
    .split("\n")
    .map((line) => {
      if (line.startsWith("+++") || line.startsWith("---")) return style.bold(line);
      if (line.startsWith("+")) return style.green(line);
      if (line.startsWith("-")) return style.red(line);
      return line.startsWith("@@") ? style.cyan(line) : line;
    })
    .join("\n");
}
