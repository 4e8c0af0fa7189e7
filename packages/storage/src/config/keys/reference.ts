import type { ConfigKey } from "./key.js";
import { NAMED_KEYS, type NamedKey } from "./walk.js";

/** The headings of the reference, by what the keys under them begin with; the first that fits is taken. */
const GROUPS: readonly (readonly [prefix: string, title: string])[] = [
  ["storage.sqlite.", "SQLite"],
  ["storage.postgres.timescaledb.", "TimescaleDB"],
  ["storage.postgres.", "PostgreSQL"],
  ["storage.redis.", "Redis"],
  ["storage.state.", "Another backend for hot-path state"],
  ["storage.approvals.", "Approvals"],
  ["storage.retention.", "Retention"],
  ["gateway.", "Gateway"],
  ["", "Backend"],
];

/** The reference of all keys as Markdown: a table for each section of the configuration. */
export function configReference(): string {
  const titles = new Set(NAMED_KEYS.map(({ path }) => titleOf(path)));
  const keysUnder = (title: string): NamedKey[] => NAMED_KEYS.filter(({ path }) => titleOf(path) === title);
  return [...titles].map((title) => `### ${title}\n\n${table(keysUnder(title))}`).join("\n");
}

function titleOf(path: string): string {
  return GROUPS.find(([prefix]) => path.startsWith(prefix))?.[1] as string;
}

function table(keys: readonly NamedKey[]): string {
  const rows = [
    ["Key and variable", "Type", "Default", "What it does"],
    ["---", "---", "---", "---"],
    ...keys.map(({ path, variable, fileVariable, key }) => [
      [path, variable, ...(fileVariable === undefined ? [] : [fileVariable])].map(code).join("<br>"),
      typeOf(key),
      defaultText(key),
      `${key.does}.`,
    ]),
  ];
  return rows.map((cells) => `| ${cells.join(" | ")} |\n`).join("");
}

/** With what is allowed. */
function typeOf(key: ConfigKey): string {
  switch (key.type) {
    case "integer":
      return `whole number, ${key.min} to ${key.max}`;
    case "fraction":
      return "number above 0, up to 1";
    case "boolean":
      return "`true` or `false`";
    case "choice":
      return key.values.map((value) => code(String(value))).join(", ");
    case "url":
      return `URL: ${key.protocols.map((protocol) => code(`${protocol}//`)).join(", ")}`;
    case "redis url":
      return "URL: `redis://`, `rediss://`";
    case "backend":
      return "`sqlite`, `postgres`, `memory`, a package or a path";
    case "package":
      return "package or path";
    case "schedule":
      return "five cron fields";
    case "options":
      return "mapping; JSON in the variable";
    case "texts":
      return "list of texts; JSON in the variable";
    case "rules":
      return "list; JSON in the variable";
    case "token key":
      return "secret of 32 to 512 characters, or a list of them; the list is JSON in the variable";
    case "path":
      return "file";
    case "name":
      return "text";
    case "interval":
      return "interval, such as `12 hours`";
    case "prefix":
      return "up to 64 letters, digits and `_`, `.`, `-`, `:`";
    case "schema name":
      return "up to 63 letters, digits, `_` and `-`; none of PostgreSQL's or TimescaleDB's own";
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
