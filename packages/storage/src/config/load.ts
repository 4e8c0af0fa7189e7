import type { StorageError } from "@agent-assembly/storage-core";
import { isBackendName } from "../backends/names.js";
import { checkRetention } from "./check-retention.js";
import { applyEnvironment, fileOfEnvironment, namesLikeOurs } from "./environment/apply.js";
import { DEFAULT_CONFIG_PATH, expandPath, type PathBase, readConfigFile } from "./file.js";
import { inferBackend } from "./infer-backend.js";
import { FILE_VARIABLE, NAMED_KEYS } from "./keys/walk.js";
import { parseLocationOnly } from "./location-only.js";
import { type ConfigProblem, configError } from "./problem.js";
import type { Config } from "./schema/schema.js";
import { settleGateway, settlePostgres } from "./settle.js";
import { checkSharing } from "./sharing.js";
import { sourceRank } from "./source-location.js";
import { applyFlags, type ConfigFlags, type ConfigSources, type ConfigTree, markLeaves } from "./sources.js";

/** Where {@link loadConfig} takes values from. The environment overrides the file, and flags override both. */
export interface LoadConfigOptions extends PathBase {
  /** YAML file; it must exist. Default: the one that `AAASM_CONFIG` names, or `~/.aasm/config.yaml` when there is one. */
  readonly path?: string | undefined;
  /** Default: the process's environment. */
  readonly env?: NodeJS.ProcessEnv | undefined;
  readonly flags?: ConfigFlags | undefined;
}

/** A configuration together with where it came from. */
export interface LoadedConfig {
  readonly config: Config;
  /** The file that was read; absent when there was none. */
  readonly file?: string;
  /** The variable that named the file; absent for a path that was given, and for the default. */
  readonly fileVariable?: string;
  /** Per key (`storage.sqlite.path`) the file, variable or flag that set it; a key not listed has its default. */
  readonly sources: Readonly<Record<string, string>>;
  /**
   * What is valid, and may not be intended: a database that is not used, a file that other users can change, a secret that
   * everyone may read.
   */
  readonly warnings: readonly StorageError[];
}

/**
 * The configuration from file, then environment, then flags. What is valid, and may not be intended, is a warning of the process.
 * @throws `invalid_argument` naming the key, its value and what is allowed; `not_found` for a named file that is missing;
 *   `permission_denied` for `~/.aasm/config.yaml` when every user can change it
 */
export async function loadConfig(options: LoadConfigOptions = {}): Promise<Config> {
  const { config, warnings } = await loadConfigWithSources(options);
  for (const { message } of warnings) process.emitWarning(message, { code: "AAASM_CONFIGURATION" });
  return config;
}

/** Like {@link loadConfig}, and says which source each value came from. */
export async function loadConfigWithSources(options: LoadConfigOptions = {}): Promise<LoadedConfig> {
  const sources: ConfigSources = new Map();
  const env = options.env ?? process.env;
  const named = options.path ?? fileOfEnvironment(env);
  // Made a path, a URL would be shown with what it holds.
  if (named?.includes("://") === true) throw urlForFile(options.path === undefined ? FILE_VARIABLE : undefined);
  const path = expandPath(named ?? DEFAULT_CONFIG_PATH, options);
  const read = await readConfigFile(path, {
    optional: named === undefined,
    namedBy: options.path === undefined ? FILE_VARIABLE : undefined,
  });
  const tree = read ?? {};
  const warnings: ConfigProblem[] = read === undefined ? [] : await checkSharing(path, read, named !== undefined);
  if (read !== undefined) markLeaves(tree, path, sources);
  applyEnvironment(tree, env, sources);
  warnings.push(...(await applyFiles(tree, env, sources, options)));
  applyFlags(tree, options.flags ?? {}, sources);

  const suspects = namesLikeOurs(env);
  const misses = suspects.length === 0 ? [] : (await import("./environment/near-misses.js")).nearMisses(suspects, env);
  const quick = misses.length === 0 ? parseLocationOnly(tree) : undefined;
  const parsed = quick ?? (await (await import("./schema/parse-tree.js")).parseTree(tree, sources, misses));
  const { storage } = parsed;
  const { backend, warnings: unused } = inferBackend(parsed, sources);
  warnings.push(...unused);
  const postgres = settlePostgres(storage.postgres, (key) => sourceRank(`storage.postgres.${key}`, sources));
  const config: Config = {
    // A backend named without a mode implies it, so that setting one variable is enough.
    mode: parsed.mode ?? (backend === "postgres" ? "remote" : "local"),
    storage: {
      ...storage,
      backend,
      postgres,
      sqlite: { path: expandPath(storage.sqlite.path, options) },
      ...(await settlePackages({ ...storage, backend }, options, sources)),
    },
    gateway: settleGateway(parsed.gateway, (path) => expandPath(path, options)),
  };
  checkTogether(config);
  const isVariable = options.path === undefined && named !== undefined;
  return {
    config,
    ...(read !== undefined && { file: path }),
    ...(isVariable && { fileVariable: FILE_VARIABLE }),
    sources: Object.fromEntries(sources),
    warnings: warnings.map((warning) => configError(warning)),
  };
}

/** Most environments name no file of a secret. */
async function applyFiles(
  tree: ConfigTree,
  env: NodeJS.ProcessEnv,
  sources: ConfigSources,
  base: PathBase,
): Promise<ConfigProblem[]> {
  const isNamed = NAMED_KEYS.some(({ fileVariable }) => fileVariable !== undefined && (env[fileVariable] ?? "") !== "");
  if (!isNamed) return [];
  return (await import("./environment/secret-files.js")).applySecretFiles(tree, env, sources, base);
}

function urlForFile(variable: string | undefined): StorageError {
  return configError({
    ...(variable !== undefined && { location: { kind: "environment variable", place: variable } }),
    message: "the name of the configuration file is a URL; allowed: the path of a file",
  });
}

/** The sections of backends of other packages. Nothing is imported where there are none. */
async function settlePackages(
  { backend, options, state }: Pick<Config["storage"], "backend" | "options" | "state">,
  base: PathBase,
  sources: ConfigSources,
): Promise<Partial<Config["storage"]>> {
  if (isBackendName(backend) && state === undefined) return {};
  const { settlePackage } = await import("./backend-options.js");
  return {
    ...(!isBackendName(backend) &&
      (await settlePackage("storage", { backend, options }, { base, sources, use: "open" }))),
    ...(state !== undefined && {
      state: await settlePackage("storage.state", state, {
        base,
        sources,
        use: "state",
      }),
    }),
  };
}

/** Rules that span several keys. */
function checkTogether(config: Config): void {
  const { backend, postgres, redis, state, retention } = config.storage;
  if (backend === "postgres" && postgres.database_url === undefined) {
    throw configError({
      option: "storage.postgres.database_url",
      message: "{option} is missing, and the backend is postgres",
      remedy: "Set it, or AAASM_DATABASE_URL, to a URL such as postgres://user@host:5432/database.",
    });
  }
  if (redis.enabled && redis.url === undefined) {
    throw configError({
      option: "storage.redis.url",
      message: "{option} is missing, and storage.redis.enabled is true",
      remedy: "Set it, or AAASM_REDIS_URL, to a URL such as redis://host:6379.",
    });
  }
  if (redis.enabled && state !== undefined) {
    throw configError({
      option: "storage.redis.enabled",
      message: "{option} is true, and storage.state names another backend for the same state",
      remedy: "Keep one of them.",
    });
  }
  checkRetention(retention);
}
