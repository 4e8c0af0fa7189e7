import { basename, extname } from "node:path";
import { MAX_POLICY_BYTES } from "@agent-assembly/storage-core/backend";
import { actorName, parseChoice } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode, UsageError } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { readSmallInput } from "../../terminal/input.js";
import { formatJson } from "../../terminal/json.js";
import { parseVersion } from "./versions.js";

interface SaveOptions {
  readonly name?: string;
  readonly format?: string;
  readonly actor?: string;
  readonly expectedLatest?: string;
}

export async function policySave(context: Context, options: SaveOptions, file: string): Promise<ExitCode> {
  if (file === "-" && options.name === undefined) throw new UsageError("a policy from standard input needs --name");
  const extension = extname(file);
  const name = options.name ?? basename(file, extension);
  const byExtension = extension.toLowerCase() === ".json" ? "json" : "yaml";
  const format =
    options.format === undefined ? byExtension : parseChoice("--format", options.format, ["yaml", "json"] as const);
  const expectedLatest =
    options.expectedLatest === undefined ? undefined : parseVersion("--expected-latest", options.expectedLatest, 0);
  const source = await readSmallInput(context, file, MAX_POLICY_BYTES);
  return context.withStorage(
    async (storage) => {
      const before = (await storage.policies.versions(name))[0]?.version ?? 0;
      const saved = await storage.policies.save(
        { name, source, format },
        { actor: actorName(options.actor), expectedLatest },
      );
      const created = saved.version > before;
      const { source: _, document: __, ...info } = saved;
      await context.out.line(
        context.json
          ? formatJson({ ...info, created })
          : `${escapeText(name)} version ${saved.version} ${created ? "saved" : "is this document already; nothing was saved"}`,
      );
      return EXIT.ok;
    },
    { create: true },
  );
}
