import { describeShape } from "@agent-assembly/storage-core/backend";
import type { ConfigKey } from "../keys/key.js";
import { FILE_VARIABLE, NAMED_KEYS, type NamedKey } from "../keys/walk.js";
import { configError } from "../problem.js";
import { type ConfigSources, type ConfigTree, isTree, markLeaves, setPath } from "../sources.js";

/** The variables that set a key of the configuration, by its value or by the file that holds it, with the key each one sets. */
export const CONFIG_ENVIRONMENT: Readonly<Record<string, string>> = Object.fromEntries(
  NAMED_KEYS.flatMap(({ variable, fileVariable, path }) =>
    [variable, ...(fileVariable === undefined ? [] : [fileVariable])].map((name) => [name, path]),
  ),
);

/** Lays environment variables over the tree. An empty variable counts as not set. */
export function applyEnvironment(tree: ConfigTree, env: NodeJS.ProcessEnv, sources: ConfigSources): void {
  for (const { variable, path, key } of NAMED_KEYS) {
    const text = env[variable];
    if (text === undefined || text === "") continue;
    setValue(tree, { path, key }, { variable, text }, sources);
  }
}

/** Sets a key from the text of a variable, or of the file that it names. */
export function setValue(
  tree: ConfigTree,
  { path, key }: Pick<NamedKey, "path" | "key">,
  { variable, text }: { readonly variable: string; readonly text: string },
  sources: ConfigSources,
): void {
  const value = readValue(key, variable, text);
  setPath(tree, path, value);
  if (isTree(value)) markLeaves(value, variable, sources, path);
  else sources.set(path, variable);
}

/** The file that {@link FILE_VARIABLE} names; an empty variable counts as not set. */
export function fileOfEnvironment(env: NodeJS.ProcessEnv): string | undefined {
  return env[FILE_VARIABLE] || undefined;
}

const LIKE_OURS = /^A{2,5}(S{0,2}M?|MS)_/i;

/** The variables that are set, sound like ours and are not: a mistyped one would otherwise set nothing, silently. */
export function namesLikeOurs(env: NodeJS.ProcessEnv): string[] {
  return Object.keys(env).filter(
    (name) => LIKE_OURS.test(name) && name !== FILE_VARIABLE && !Object.hasOwn(CONFIG_ENVIRONMENT, name),
  );
}

/** Text that is not of the key's type stays text, so that the error shows what was typed. */
function readValue(key: ConfigKey, variable: string, text: string): unknown {
  switch (key.type) {
    case "options":
      return parseJson(variable, text, isTree, 'a JSON object such as {"path":"audit.jsonl"}');
    case "rules":
      return parseJson(
        variable,
        text,
        Array.isArray,
        'a JSON list such as [{"name":"court","agent_id":"a","warm_days":400}]',
      );
    case "texts":
      return parseJson(variable, text, Array.isArray, 'a JSON list of texts such as ["api_key"]');
    case "token key":
      return text.startsWith("[") ? parseJson(variable, text, Array.isArray, "a text, or a JSON list of texts") : text;
    case "integer":
      return /^-?\d{1,15}$/.test(text) ? Number(text) : text;
    case "fraction":
      return /^\d{1,3}(\.\d{1,15})?$/.test(text) ? Number(text) : text;
    case "boolean":
      return BOOLEANS.get(text.toLowerCase()) ?? text;
    case "choice":
      return key.values.find((value) => String(value) === text) ?? text;
    default:
      return text;
  }
}

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

/** The message never holds the text, which may hold a password. */
function parseJson(variable: string, text: string, fits: (value: unknown) => boolean, wanted: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (fits(value)) return value;
  throw configError({
    location: { kind: "environment variable", place: variable },
    message: `it must be ${wanted}, got ${describeShape(text)}`,
  });
}
