import type { PolicyVersion } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatBytes, formatRelative, formatTime } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { renderFields } from "../../terminal/table.js";
import { parseVersion, sourceText, unknownPolicy, unknownVersion } from "./versions.js";

interface ShowOptions {
  readonly source?: boolean;
}

export async function policyShow(
  context: Context,
  options: ShowOptions,
  name: string,
  version = "latest",
): Promise<ExitCode> {
  const wanted = version === "latest" ? undefined : parseVersion("version", version);
  return context.withStorage(async ({ policies, name: backend }) => {
    const [versions, active] = await Promise.all([policies.versions(name), policies.active(name)]);
    const latest = versions[0]?.version;
    if (latest === undefined) throw unknownPolicy(name, backend);
    const found = await policies.get(name, wanted ?? latest);
    if (found === undefined) throw unknownVersion(name, wanted ?? latest, backend);
    if (options.source === true && !context.json) {
      await context.out.write(sourceText(found));
      return EXIT.ok;
    }
    const state = { latest, active: active?.version ?? null };
    await context.out.write(
      context.json
        ? `${formatJson({ ...found, source: sourceText(found), ...state })}\n`
        : renderVersion(context, found, state),
    );
    return EXIT.ok;
  });
}

interface PolicyState {
  readonly latest: number;
  readonly active: number | null;
}

function renderVersion({ style, now }: Context, found: PolicyVersion, { latest, active }: PolicyState): string {
  const fields = renderFields(
    [
      ["policy", found.name],
      ["version", found.version === latest ? `${found.version} (latest)` : `${found.version} of ${latest}`],
      ["active", active === found.version ? "yes" : active === null ? "no version is" : `no, version ${active} is`],
      ["format", found.format],
      ["digest", found.digest],
      ["size", formatBytes(found.size)],
      ["actor", found.actor],
      ["created", `${formatTime(found.createdAt)} (${formatRelative(found.createdAt, now())})`],
    ],
    style,
  );
  return `${fields}\n${shownDocument(sourceText(found))}`;
}

/** Safe to show. Line ends and tabs are harmless and stay as they are. */
function shownDocument(text: string): string {
  const lines = text.replace(/\r?\n$/, "").split(/\r?\n/);
  return lines.map((line) => `${line.split("\t").map(escapeText).join("\t")}\n`).join("");
}
