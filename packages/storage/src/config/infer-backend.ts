import { type ConfigProblem, configError } from "./problem.js";
import type { ParsedConfig } from "./schema/schema.js";
import { locationOfKey, sourceRank } from "./source-location.js";
import type { ConfigSources } from "./sources.js";

const URL_KEY = "storage.postgres.database_url";
const PATH_KEY = "storage.sqlite.path";

/**
 * The backend: the one that is named, else the mode's, else the one whose place is given. A URL of a database is used, or its
 * not being used is said.
 * @throws `invalid_argument` where a file and a database are given and nothing decides
 */
export function inferBackend(
  parsed: ParsedConfig,
  sources: ConfigSources,
): { readonly backend: string; readonly warnings: readonly ConfigProblem[] } {
  const { backend } = parsed.storage;
  if (backend !== undefined) return withUnused(backend, "storage.backend", sources);
  if (parsed.mode !== undefined) return withUnused(parsed.mode === "remote" ? "postgres" : "sqlite", "mode", sources);
  const [url, path] = [sourceRank(URL_KEY, sources), sourceRank(PATH_KEY, sources)];
  if (url === 0) return { backend: "sqlite", warnings: [] };
  if (url > path) return { backend: "postgres", warnings: [] };
  if (url < path) return withUnused("sqlite", PATH_KEY, sources);
  throw configError({
    option: URL_KEY,
    location: locationOfKey(URL_KEY, sources),
    message: `{option} and ${PATH_KEY} are both set, and nothing says which is used`,
    remedy: 'Set storage.backend, or AAASM_STORAGE_BACKEND, to "postgres" or "sqlite".',
  });
}

/** A decision that is as strong as the URL, or weaker, may have been forgotten; in one file both were seen. */
function withUnused(
  backend: string,
  decidedBy: string,
  sources: ConfigSources,
): { readonly backend: string; readonly warnings: readonly ConfigProblem[] } {
  const url = locationOfKey(URL_KEY, sources);
  const rank = sourceRank(URL_KEY, sources);
  const inFile = url?.kind === "configuration file";
  const isUsed = backend === "postgres" || rank === 0;
  if (isUsed || inFile || rank < sourceRank(decidedBy, sources)) return { backend, warnings: [] };
  const by = locationOfKey(decidedBy, sources);
  const why = `${decidedBy}${by === undefined ? "" : ` (${by.place})`} says ${backend}`;
  return {
    backend,
    warnings: [
      {
        option: URL_KEY,
        location: url,
        message: `{option} is set and not used: ${why}`,
        remedy: `Unset it, or set ${decidedBy === "mode" ? 'the mode to "remote"' : 'storage.backend to "postgres"'}.`,
      },
    ],
  };
}
