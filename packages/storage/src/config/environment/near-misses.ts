import { closest } from "@agent-assembly/storage-core/backend";
import { FILE_VARIABLE, NAMED_KEYS, wordsOf } from "../keys/walk.js";
import type { ConfigProblem } from "../problem.js";

/**
 * What a container platform sets for a service that happens to be named like ours, e.g. `AAASM_REDIS_SERVICE_HOST` and
 * `AAASM_REDIS_PORT_6379_TCP` on Kubernetes.
 */
const SERVICE_LINK = /_SERVICE_(HOST|PORT(_\w+)?)$|_PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?$/;

const FILE_WORDS = ["CONFIG_FILE", "CONFIG_PATH", "CONFIGURATION"];

/** Variables by what may be written after a prefix for them. */
const BY_WORDS: ReadonlyMap<string, string> = new Map([
  ...FILE_WORDS.map((words) => [words, FILE_VARIABLE] as const),
  ["CONFIG", FILE_VARIABLE],
  // TIMESCALEDB_MODE for storage.postgres.timescaledb.mode.
  ...NAMED_KEYS.map(({ path, variable }) => [wordsOf(path.split(".").slice(-2).join(".")), variable] as const),
  ...NAMED_KEYS.flatMap(({ fileVariable }) =>
    fileVariable === undefined ? [] : [[afterPrefix(fileVariable), fileVariable] as const],
  ),
  ...NAMED_KEYS.flatMap(({ path, variable, key }) =>
    [...(key.nearMisses ?? []), path.replaceAll(".", "_").toUpperCase(), wordsOf(path), afterPrefix(variable)].map(
      (words) => [words, variable] as const,
    ),
  ),
]);
const VARIABLES: ReadonlySet<string> = new Set([FILE_VARIABLE, ...NAMED_KEYS.map(({ variable }) => variable)]);
/** The first words of our variables; others with our prefix belong to other components of a gateway. */
const SECTIONS: ReadonlySet<string> = new Set([
  ...NAMED_KEYS.map(({ path }) => wordsOf(path).split("_")[0] as string).filter((word) => word !== "MODE"),
  "STORAGE",
  "TIMESCALE",
  "TIMESCALEDB",
]);

function afterPrefix(variable: string): string {
  return variable.slice(variable.indexOf("_") + 1);
}

/**
 * One problem for each variable that is close to one of ours and sets nothing; values are never repeated.
 * @param names of variables that start like ours
 */
export function nearMisses(names: readonly string[], env: NodeJS.ProcessEnv): readonly ConfigProblem[] {
  return names.flatMap((name) => {
    const upper = name.toUpperCase();
    // Windows does not tell upper from lower case.
    if (VARIABLES.has(name) || (VARIABLES.has(upper) && env[upper] === env[name])) return [];
    if (SERVICE_LINK.test(name) || env[name] === "") return [];
    const remedy = suggestion(upper);
    if (remedy === undefined) return [];
    const location = { kind: "environment variable", place: name };
    return [{ location, message: "this variable sets nothing", remedy }];
  });
}

/** @returns what to say of it; `undefined` for a variable that is none of ours */
function suggestion(name: string): string | undefined {
  const split = name.indexOf("_");
  const [prefix, words] = [name.slice(0, split), name.slice(split + 1)];
  if (!prefix.endsWith("SM") && !words.includes("_")) return didYouMean(closest(name, ["AA_MODE"]));
  const known = BY_WORDS.get(words);
  if (known !== undefined || prefix !== "AAASM") return didYouMean(known);
  const near = closest(words, [...VARIABLES].map(afterPrefix));
  if (near !== undefined) return didYouMean(BY_WORDS.get(near));
  const section = words.split("_")[0] as string;
  if (!SECTIONS.has(section)) return undefined;
  return `The variables of ${section.toLowerCase()} are ${[...VARIABLES].filter((one) => one.includes(`_${section}`)).join(", ")}.`;
}

function didYouMean(variable: string | undefined): string | undefined {
  return variable === undefined ? undefined : `Did you mean "${variable}"?`;
}
