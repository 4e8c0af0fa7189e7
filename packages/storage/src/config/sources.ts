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
  readonly host?: string | undefined;
  readonly port?: number | undefined;
  readonly otlpPort?: number | undefined;
}

const FLAGS: readonly (readonly [keyof ConfigFlags, flag: string, path: string])[] = [
  ["mode", "--mode", "mode"],
  ["backend", "--backend", "storage.backend"],
  ["path", "--path", "storage.sqlite.path"],
  ["databaseUrl", "--database-url", "storage.postgres.database_url"],
  ["hotDays", "--hot-days", "storage.retention.hot_days"],
  ["warmDays", "--warm-days", "storage.retention.warm_days"],
  ["coldAction", "--cold-action", "storage.retention.cold_action"],
  ["archiveUrl", "--archive-url", "storage.retention.archive_url"],
  ["host", "--host", "gateway.host"],
  ["port", "--port", "gateway.port"],
  ["otlpPort", "--otlp-port", "gateway.otlp_port"],
];

/** Where each key's value came from: a file, `AAASM_…`, a flag; keys not listed have their default. */
export type ConfigSources = Map<string, string>;

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

/** Sets one key of a tree, making the sections that it is in. */
export function setPath(tree: ConfigTree, path: string, value: unknown): void {
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
