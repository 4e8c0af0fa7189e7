import type { ConfigKey } from "./key.js";
import { FILE_VARIABLE, NAMED_KEYS } from "./walk.js";

/** The reference of all keys as a Markdown table: what each holds, its variable and its default. */
export function configReference(): string {
  const rows = [
    ["Key", "Variable", "Holds", "Default"],
    ["---", "---", "---", "---"],
    ["(the file)", code(FILE_VARIABLE), "a path", "`~/.aasm/config.yaml`, if there is one"],
    ...NAMED_KEYS.map(({ path, variable, key }) => [code(path), code(variable), holds(key), defaultText(key)]),
  ];
  return `${rows.map((cells) => `| ${cells.join(" | ")} |`).join("\n")}\n`;
}

function holds(key: ConfigKey): string {
  switch (key.type) {
    case "integer":
      return `${key.min} to ${key.max}`;
    case "fraction":
      return "above 0, up to 1";
    case "boolean":
      return "`true`, `false`";
    case "choice":
      return key.values.map((value) => code(String(value))).join(", ");
    case "url":
      return key.protocols.map((protocol) => code(`${protocol}//`)).join(", ");
    case "redis url":
      return "`redis://`, `rediss://`";
    case "backend":
      return "`sqlite`, `postgres`, `memory`, a package, a path";
    case "package":
      return "a package, a path";
    case "schedule":
      return "five cron fields, UTC";
    case "options":
      return "a mapping; as a variable JSON";
    case "rules":
      return "a list; as a variable JSON";
    case "path":
      return "a file";
    case "name":
      return "a text";
    case "interval":
    case "prefix":
    case "schema name":
      return key.type === "interval" ? "an interval" : `a ${key.type}`;
  }
}

function defaultText(key: ConfigKey): string {
  const { default: value, note } = key;
  if (value === undefined || Array.isArray(value)) return note ?? "none";
  return note === undefined ? code(String(value)) : `${code(String(value))}; ${note}`;
}

function code(text: string): string {
  return `\`${text}\``;
}
