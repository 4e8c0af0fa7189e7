import { isBackendName } from "../backends/names.js";
import { CONFIG_KEYS } from "./keys/table.js";
import { defaultsOf } from "./keys/walk.js";
import { MODES } from "./names.js";
import type { ParsedConfig } from "./schema/schema.js";
import { type ConfigTree, isTree } from "./sources.js";
import { hasProtocol, POSTGRES_PROTOCOLS } from "./url.js";

/** The keys that say where the store is, with what each may hold. */
const CHECKS: Readonly<Record<string, (value: unknown) => boolean>> = {
  mode: (value) => MODES.some((mode) => mode === value),
  "storage.backend": isBackendName,
  "storage.sqlite.path": (value) => typeof value === "string" && value !== "" && !value.includes("://"),
  "storage.postgres.database_url": (value) => typeof value === "string" && hasProtocol(value, POSTGRES_PROTOCOLS),
};

/**
 * What the schema makes of a tree that says no more than where the store is. That is all most commands have, and the
 * schema takes longer to load than they take for everything else.
 * @returns `undefined` for any other tree, and for one with a mistake: for the schema to explain
 */
export function parseLocationOnly(tree: ConfigTree): ParsedConfig | undefined {
  const found = new Map<string, unknown>();
  if (!collect(tree, "", found)) return undefined;
  const { governance_events, sqlite, postgres, ...others } = defaultsOf(
    CONFIG_KEYS.storage,
  ) as unknown as ParsedConfig["storage"];
  const url = found.get("storage.postgres.database_url");
  const parsed = {
    ...(found.has("mode") && { mode: found.get("mode") }),
    storage: {
      ...(found.has("storage.backend") && { backend: found.get("storage.backend") }),
      governance_events,
      sqlite: { path: found.get("storage.sqlite.path") ?? sqlite.path },
      postgres: url === undefined ? postgres : { database_url: url, ...postgres },
      ...others,
    },
    gateway: defaultsOf(CONFIG_KEYS.gateway),
  };
  return parsed as ParsedConfig;
}

/** @returns false at the first key that is not one of {@link CHECKS}, or that holds something else */
function collect(tree: ConfigTree, prefix: string, found: Map<string, unknown>): boolean {
  return Object.entries(tree).every(([key, value]) => {
    const path = `${prefix}${key}`;
    if (isTree(value)) return SECTIONS.has(path) && collect(value, `${path}.`, found);
    found.set(path, value);
    return CHECKS[path]?.(value) === true;
  });
}

const SECTIONS: ReadonlySet<string> = new Set(["storage", "storage.sqlite", "storage.postgres"]);
