import { redactConfig } from "@agent-assembly/storage";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJson } from "../../terminal/json.js";
import { renderTable } from "../../terminal/table.js";

interface Row {
  readonly key: string;
  readonly value: string;
  readonly source: string;
}

export async function configShow(context: Context): Promise<ExitCode> {
  const loaded = await context.loadConfig();
  const { config, file, fileVariable, sources } = loaded;
  const fileFrom = file === undefined ? null : (fileVariable ?? (context.global.config ? "--config" : "default"));
  const redacted = redactConfig(config);
  if (context.json) {
    await context.out.line(formatJson({ file: file ?? null, fileFrom, config: redacted, sources }));
    return EXIT.ok;
  }
  const values = [...leaves(redacted)].map(([key, value]): Row => ({ key, value, source: sourceOf(key, sources) }));
  const rows = fileFrom === null ? values : [{ key: "(file)", value: file ?? "", source: fileFrom }, ...values];
  await context.out.write(
    renderTable<Row>(
      rows,
      [
        { title: "KEY", value: (row) => row.key, fixed: true },
        { title: "VALUE", value: (row) => row.value },
        {
          title: "FROM",
          value: (row) => row.source,
          style: (row) => (row.source === "default" ? context.style.dim : context.style.cyan),
        },
      ],
      context.width,
      context.style,
    ),
  );
  return EXIT.ok;
}

/** Sections are followed to their values, lists of sections too; a list of values is one. */
function* leaves(node: object, prefix = ""): Generator<readonly [key: string, value: string]> {
  for (const [key, value] of Object.entries(node) as [string, unknown][]) {
    const path = Array.isArray(node) ? `${prefix}[${key}]` : prefix === "" ? key : `${prefix}.${key}`;
    if (Array.isArray(value) && value.every((one) => typeof one !== "object")) yield [path, value.join(", ")];
    else if (typeof value === "object" && value !== null) yield* leaves(value, path);
    else if (value !== undefined) yield [path, String(value)];
  }
}

/** A list comes from one source as a whole. */
function sourceOf(path: string, sources: Readonly<Record<string, string>>): string {
  return sources[path] ?? sources[path.split("[", 1)[0] ?? ""] ?? "default";
}
