import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ROOT } from "../src/workspace-copy.js";
import type { Registry } from "./registry.js";

/** A package manager, as a user has it. */
export interface Installer {
  readonly name: string;
  readonly command: readonly string[];
  /** Puts a project's settings beside its package.json. */
  configure(folder: string, registry: Registry): void;
  /** What adds packages to a project, without running their install scripts. */
  add(packages: readonly string[]): readonly string[];
}

const NOTHING = (): void => undefined;

function programOf(packageName: string, file: string): string {
  return join(fileURLToPath(import.meta.resolve(`${packageName}/package.json`)), "..", file);
}

function configureYarn(folder: string, registry: Registry, nodeLinker: "node-modules" | "pnp"): void {
  const settings = {
    nodeLinker,
    npmRegistryServer: registry.url,
    unsafeHttpWhitelist: ["127.0.0.1"],
    enableScripts: false,
    enableTelemetry: false,
    npmMinimalAgeGate: 0,
    // The registry of the rehearsal fetches what it has not seen, which takes its time on a busy machine.
    httpTimeout: 600_000,
  };
  writeFileSync(join(folder, ".yarnrc.yml"), JSON.stringify(settings));
  // Without it, the project would be taken for a part of one above.
  writeFileSync(join(folder, "yarn.lock"), "");
}

export const INSTALLERS: readonly Installer[] = [
  {
    name: "npm",
    command: ["npm"],
    configure: NOTHING,
    // Audits and funding messages ask other servers.
    add: (packages) => ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...packages],
  },
  {
    name: "pnpm",
    command: ["pnpm"],
    configure: (folder) => {
      // What was published a moment ago is younger than pnpm wants packages to be.
      const settings = { packages: ["."], allowBuilds: { "better-sqlite3": false }, minimumReleaseAge: 0 };
      writeFileSync(join(folder, "pnpm-workspace.yaml"), JSON.stringify(settings));
    },
    add: (packages) => ["add", "--workspace-root", ...packages],
  },
  {
    name: "yarn 1",
    command: [process.execPath, programOf("yarn-classic", "bin/yarn.js")],
    configure: NOTHING,
    add: (packages) => ["add", "--ignore-scripts", "--non-interactive", ...packages],
  },
  {
    name: "yarn 4",
    command: [process.execPath, programOf("yarn-berry", "bin/yarn.js")],
    configure: (folder, registry) => configureYarn(folder, registry, "node-modules"),
    add: (packages) => ["add", ...packages],
  },
];

/** Yarn without `node_modules`. Its packages are archives, which Node.js reads when the program is started by Yarn. */
export const PLUG_AND_PLAY: Installer = {
  ...(INSTALLERS.at(-1) as Installer),
  name: "yarn 4 with Plug'n'Play",
  configure: (folder, registry) => configureYarn(folder, registry, "pnp"),
};

/** The version of a package manager, or `undefined` where it is not installed. */
export function versionOf({ command: [program, ...args] }: Installer): string | undefined {
  const { status, stdout } = spawnSync(program as string, [...args, "--version"], { encoding: "utf8", cwd: "/" });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * The environment of a user who has the registry as theirs: nothing of the package manager that runs the rehearsal.
 * @param caches a folder, so that nothing is found that an earlier rehearsal published
 */
export function environment(registry: Registry, caches: string): NodeJS.ProcessEnv {
  const foreign = /^(?:npm_|pnpm_|yarn_|GITHUB_|INIT_CWD$|NODE_PATH$|VITEST|TURBO_)/i;
  const own = Object.entries(process.env).filter(([name]) => !foreign.test(name));
  return {
    ...Object.fromEntries(own),
    npm_config_userconfig: registry.userConfig,
    npm_config_registry: registry.url,
    pnpm_config_registry: registry.url,
    pnpm_config_cache_dir: join(caches, "pnpm"),
    npm_config_cache: join(caches, "npm"),
    npm_config_update_notifier: "false",
    YARN_CACHE_FOLDER: join(caches, "yarn"),
    YARN_GLOBAL_FOLDER: join(caches, "yarn-global"),
    // The headers of Node.js that lie beside it, for what is compiled.
    ...(existsSync(join(nodeFolder, "include/node/node.h")) ? { npm_config_nodedir: nodeFolder } : {}),
  };
}

const nodeFolder = dirname(dirname(process.execPath));

/** Makes an empty project and adds packages to it. */
export function install(
  installer: Installer,
  folder: string,
  packages: readonly string[],
  registry: Registry,
  env: NodeJS.ProcessEnv,
): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "app", private: true, type: "module" }));
  installer.configure(folder, registry);
  const [program, ...args] = installer.command;
  const { status, stdout, stderr } = spawnSync(program as string, [...args, ...installer.add(packages)], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${installer.name} ends with ${status}:\n${stdout}${stderr}`);
  borrowNativePart(folder, env);
}

/**
 * The native part of better-sqlite3 takes a minute to compile: where the workspace has the same version, its build of it is used.
 */
function borrowNativePart(folder: string, env: NodeJS.ProcessEnv): void {
  const require = createRequire(join(ROOT, "packages/storage-sqlite/package.json"));
  const ours = dirname(require.resolve("better-sqlite3/package.json"));
  const theirs = unplugged(folder) ?? ofModules(folder);
  const versions = [ours, theirs].map((one) => JSON.parse(readFileSync(join(one, "package.json"), "utf8")).version);
  if (versions[0] === versions[1]) {
    cpSync(join(ours, "build"), join(theirs, "build"), { recursive: true, dereference: true });
    return;
  }
  execFileSync("npm", ["run", "install"], { cwd: theirs, env, stdio: ["ignore", "ignore", "inherit"] });
}

/** Plug'n'Play unpacks packages that have a native part. */
function unplugged(folder: string): string | undefined {
  const parent = join(folder, ".yarn/unplugged");
  const name = existsSync(parent) && readdirSync(parent).find((one) => one.startsWith("better-sqlite3-"));
  return name ? join(parent, name, "node_modules/better-sqlite3") : undefined;
}

/** In a project of pnpm it is not at the top. */
function ofModules(folder: string): string {
  const storage = realpathSync(join(folder, "node_modules/@agent-assembly/storage-sqlite/package.json"));
  return dirname(createRequire(storage).resolve("better-sqlite3/package.json"));
}

/** The folders of our packages in a project, by name. */
export function installedPackages(folder: string): ReadonlyMap<string, string> {
  const scope = join(folder, "node_modules/@agent-assembly");
  return new Map(readdirSync(scope).map((name) => [`@agent-assembly/${name}`, join(scope, name)]));
}
