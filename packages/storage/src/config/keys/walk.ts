import { type ConfigKey, type ConfigSection, isKey } from "./key.js";
import { CONFIG_KEYS } from "./table.js";

/** The variable that names the configuration file; it sets no key. */
export const FILE_VARIABLE = "AAASM_CONFIG";

/** A key with the names that it goes by. */
export interface NamedKey {
  /** E.g. `storage.postgres.schema`. */
  readonly path: string;
  readonly variable: string;
  /** The variable that names a file with the value, as containers are handed secrets. */
  readonly fileVariable?: string;
  readonly key: ConfigKey;
}

/** All keys, in the order of the table. */
export const NAMED_KEYS: readonly NamedKey[] = [...walk(CONFIG_KEYS, "")];

function* walk(section: ConfigSection, prefix: string): Generator<NamedKey> {
  for (const [name, node] of Object.entries(section)) {
    const path = `${prefix}${name}`;
    if (isKey(node)) {
      const variable = node.variable ?? `AAASM_${wordsOf(path)}`;
      yield { path, variable, ...(node.secret === true && { fileVariable: `${variable}_FILE` }), key: node };
    } else yield* walk(node, `${path}.`);
  }
}

/** `POSTGRES_SCHEMA` for `storage.postgres.schema`. */
export function wordsOf(path: string): string {
  return path
    .replace(/^storage\./, "")
    .replaceAll(".", "_")
    .toUpperCase();
}

/** A fresh tree of the defaults of a section; keys without one, and sections that may be absent, are left out. */
export function defaultsOf(section: ConfigSection): Record<string, unknown> {
  const members = Object.entries(section).flatMap(([name, node]): [string, unknown][] => {
    if (!isKey(node)) return isOptionalSection(node) ? [] : [[name, defaultsOf(node)]];
    return node.default === undefined ? [] : [[name, Array.isArray(node.default) ? [...node.default] : node.default]];
  });
  return Object.fromEntries(members);
}

/** Whether a section is absent unless one of its keys is given. */
export function isOptionalSection(section: ConfigSection): boolean {
  return Object.values(section).some((node) => isKey(node) && "required" in node);
}
