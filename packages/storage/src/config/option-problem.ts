import type { ErrorLocation } from "@agent-assembly/storage-core";
import { isStorageError } from "@agent-assembly/storage-core";
import { errorInit } from "@agent-assembly/storage-core/backend";
import { fullPath, ofBackend } from "../backends/option-names.js";
import { NAMED_KEYS } from "./keys/walk.js";
import type { ConfigProblem } from "./problem.js";
import { locationOfKey } from "./source-location.js";
import type { ConfigSources } from "./sources.js";

/** A section for a backend of another package, and where its values came from. */
interface OptionsSection {
  /** `storage` or `storage.state`. */
  readonly path: string;
  readonly backend: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly sources: ConfigSources;
}

/**
 * What a package says of its options, under the key of the configuration. An option that is missing has no source, so the
 * remedy says where it is set.
 */
export function optionProblem(cause: unknown, section: OptionsSection): ConfigProblem {
  const key = `${section.path}.options`;
  const { code = "invalid_argument", option, message, remedy } = partsOf(cause);
  const path = option === undefined ? key : fullPath(option, key);
  const isSet = isPresent(section.options, path.slice(key.length));
  return {
    code,
    option: path,
    location: isSet ? sourceOf(path, key, section.sources) : undefined,
    message: ofBackend(message, section.backend),
    remedy: isSet ? remedy : [...(remedy === undefined ? [] : [remedy]), whereToSet(section)].join(" "),
    cause,
  };
}

/** Packages may throw errors of any class. */
function partsOf(cause: unknown): ConfigProblem {
  if (isStorageError(cause)) return errorInit(cause);
  return { message: cause instanceof Error ? cause.message : String(cause) };
}

/** @param path e.g. `.servers[0].host`; empty for the options as a whole */
function isPresent(options: Readonly<Record<string, unknown>>, path: string): boolean {
  const members = path.match(/[^.[\]]+/g) ?? [];
  if (members.length === 0) return Object.keys(options).length > 0;
  let node: unknown = options;
  for (const member of members) node = (node as Record<string, unknown> | null | undefined)?.[member];
  return node !== undefined;
}

/** A value inside of another one has the source of that. */
function sourceOf(path: string, key: string, sources: ConfigSources): ErrorLocation | undefined {
  for (let at = path; at.length > key.length; at = at.slice(0, at.lastIndexOf("."))) {
    const location = locationOfKey(at, sources);
    if (location !== undefined) return location;
  }
  const [first] = [...sources.keys()].filter((one) => one.startsWith(`${key}.`));
  return first === undefined ? undefined : locationOfKey(first, sources);
}

function whereToSet({ path, sources }: OptionsSection): string {
  const { kind, place } = locationOfKey(`${path}.backend`, sources) ?? {};
  const file = kind === "configuration file" ? `${kind} ${place}` : "configuration file";
  const variable = NAMED_KEYS.find((one) => one.path === `${path}.options`)?.variable;
  return `Set it in the ${file}, or in the JSON of ${variable}.`;
}
