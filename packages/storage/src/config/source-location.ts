import type { ErrorLocation } from "@agent-assembly/storage-core";
import { CONFIG_ENVIRONMENT } from "./environment/apply.js";
import type { ConfigSources } from "./sources.js";

/** Where the value of a key came from; `undefined` for a default. */
export function locationOfKey(path: string, sources: ConfigSources): ErrorLocation | undefined {
  // A list comes from one source as a whole.
  const [list = path] = path.split("[");
  const source = sources.get(path) ?? sources.get(list);
  if (source === undefined) return undefined;
  return { kind: kindOf(source), place: source };
}

function kindOf(source: string): string {
  if (source.startsWith("--")) return "flag";
  return Object.hasOwn(CONFIG_ENVIRONMENT, source) ? "environment variable" : "configuration file";
}

/** How strong the source of a key is: 0 for a default, then file, environment variable and flag. */
export function sourceRank(path: string, sources: ConfigSources): number {
  const source = sources.get(path);
  return source === undefined ? 0 : 1 + ["configuration file", "environment variable", "flag"].indexOf(kindOf(source));
}
