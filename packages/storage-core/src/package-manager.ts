import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** Yarn 1 has other commands than the versions after it. */
export type PackageManager = "npm" | "pnpm" | "yarn" | "yarn-classic" | "bun";

const ADD: Readonly<Record<PackageManager, string>> = {
  npm: "npm install",
  pnpm: "pnpm add",
  yarn: "yarn add",
  "yarn-classic": "yarn add",
  bun: "bun add",
};

/** What each package manager leaves in the `node_modules` that it fills. */
const MARKS: readonly (readonly [file: string, manager: PackageManager])[] = [
  [".modules.yaml", "pnpm"],
  [".yarn-state.yml", "yarn"],
  [".yarn-integrity", "yarn-classic"],
  [".package-lock.json", "npm"],
];

/**
 * The package manager that started this process, or else the one that filled the nearest `node_modules`.
 * @param agent as in the variable that package managers set for the scripts they run, such as `pnpm/10.1.0 npm/? node/v22`
 * @param folder where to look for `node_modules`, and above
 * @returns `undefined` where neither tells, so that an error does not advise the command of another one
 */
export function packageManagerInUse(
  agent = process.env.npm_config_user_agent,
  folder = process.cwd(),
): PackageManager | undefined {
  return startedBy(agent) ?? installedBy(folder);
}

function startedBy(agent: string | undefined): PackageManager | undefined {
  const [, name, version] = /^(npm|pnpm|yarn|bun)\/(\d+)/.exec(agent ?? "") ?? [];
  if (name === undefined) return undefined;
  return name === "yarn" && Number(version) <= 1 ? "yarn-classic" : (name as PackageManager);
}

function installedBy(folder: string): PackageManager | undefined {
  const found = MARKS.find(([file]) => existsSync(join(folder, "node_modules", file)));
  if (found !== undefined) return found[1];
  const above = dirname(folder);
  return above === folder ? undefined : installedBy(above);
}

/**
 * What to do about a package that is not installed: the command of the package manager in use, or the name alone where that is
 * not known.
 */
export function installRemedy(name: string, manager: PackageManager | undefined = packageManagerInUse()): string {
  return manager === undefined ? `Install ${name}.` : `Run "${ADD[manager]} ${name}".`;
}
