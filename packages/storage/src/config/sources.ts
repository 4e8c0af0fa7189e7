import { describeShape } from "@agent-assembly/storage-core/backend";
import { configError } from "./problem.js";

/** A partial configuration tree, as read from one source. */
export type ConfigTree = Record<string, unknown>;

/** Command-line overrides; they win over everything else. */
export interface ConfigFlags {
  readonly mode?: string | undefined;
  readonly backend?: string | undefined;
  /** SQLite file. */
  readonly path?: string | undefined;
  readonly databaseUrl?: string | undefined;
  readonly hotDays?: number | undefined;
  readonly warmDays?: number | undefined;
  readonly coldAction?: string | undefined;
  readonly archiveUrl?: string | undefined;
}

const ENVIRONMENT: readonly (readonly [variable: string, path: string, type: "text" | "integer" | "json"])[] = [
  ["AA_MODE", "mode", "text"],
  ["AAASM_STORAGE_BACKEND", "storage.backend", "text"],
  ["AAASM_STORAGE_OPTIONS", "storage.options", "json"],
  ["AAASM_SQLITE_PATH", "storage.sqlite.path", "text"],
  ["AAASM_DATABASE_URL", "storage.postgres.database_url", "text"],
  ["AAASM_REDIS_URL", "storage.redis.url", "text"],
  ["AAASM_RETENTION_HOT_DAYS", "storage.retention.hot_days", "integer"],
  ["AAASM_RETENTION_WARM_DAYS", "storage.retention.warm_days", "integer"],
  ["AAASM_RETENTION_COLD_ACTION", "storage.retention.cold_action", "text"],
  ["AAASM_RETENTION_ARCHIVE_URL", "storage.retention.archive_url", "text"],
  ["AAASM_RETENTION_SCHEDULE", "storage.retention.schedule", "text"],
];

/** The variables that loading a configuration reads, with the key each one sets. */
export const CONFIG_ENVIRONMENT: Readonly<Record<string, string>> = Object.fromEntries(
  ENVIRONMENT.map(([variable, path]) => [variable, path]),
);

const FLAGS: readonly (readonly [keyof ConfigFlags, flag: string, path: string])[] = [
  ["mode", "--mode", "mode"],
  ["backend", "--backend", "storage.backend"],
  ["path", "--path", "storage.sqlite.path"],
  ["databaseUrl", "--database-url", "storage.postgres.database_url"],
  ["hotDays", "--hot-days", "storage.retention.hot_days"],
  ["warmDays", "--warm-days", "storage.retention.warm_days"],
  ["coldAction", "--cold-action", "storage.retention.cold_action"],
  ["archiveUrl", "--archive-url", "storage.retention.archive_url"],
];

/** Where each key's value came from: a file, `AAASM_…`, a flag; keys not listed have their default. */
export type ConfigSources = Map<string, string>;

/** Lays environment variables over the tree. An empty variable counts as not set. */
export function applyEnvironment(tree: ConfigTree, env: NodeJS.ProcessEnv, sources: ConfigSources): void {
  for (const [variable, path, type] of ENVIRONMENT) {
    const text = env[variable];
    if (text === undefined || text === "") continue;
    const value = read(type, variable, text);
    setPath(tree, path, value);
    if (isTree(value)) markLeaves(value, variable, sources, path);
    else sources.set(path, variable);
  }
}

function read(type: "text" | "integer" | "json", variable: string, text: string): unknown {
  if (type === "json") return parseObject(variable, text);
  // Only a plain integer is turned into one; anything else stays text, so that the error shows what was typed.
  return type === "integer" && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

/** The message never holds the text, which may hold a password. */
function parseObject(variable: string, text: string): ConfigTree {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (isTree(value)) return value;
  throw configError({
    location: { kind: "environment variable", place: variable },
    message: `it must be a JSON object such as {"path":"audit.jsonl"}, got ${describeShape(text)}`,
  });
}

export function applyFlags(tree: ConfigTree, flags: ConfigFlags, sources: ConfigSources): void {
  for (const key of Object.keys(flags)) {
    if (!FLAGS.some(([known]) => known === key)) {
      throw configError({
        option: `flags.${key}`,
        message: `unknown configuration flag "${key}"; allowed: ${FLAGS.map(([known]) => known).join(", ")}`,
      });
    }
  }
  for (const [key, flag, path] of FLAGS) {
    const value = flags[key];
    if (value === undefined) continue;
    setPath(tree, path, value);
    sources.set(path, flag);
  }
}

/** Notes every leaf of a tree as coming from one source. */
export function markLeaves(tree: ConfigTree, source: string, sources: ConfigSources, prefix = ""): void {
  for (const [key, value] of Object.entries(tree)) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (isTree(value)) markLeaves(value, source, sources, path);
    else sources.set(path, source);
  }
}

function setPath(tree: ConfigTree, path: string, value: unknown): void {
  const keys = path.split(".");
  const last = keys.pop() as string;
  let node = tree;
  for (const key of keys) {
    const child = node[key];
    // A section that is no mapping is left for the schema to refuse, by its own name.
    if (child !== undefined && child !== null && !isTree(child)) return;
    const next: ConfigTree = isTree(child) ? child : {};
    node[key] = next;
    node = next;
  }
  node[last] = value;
}

export function isTree(value: unknown): value is ConfigTree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
