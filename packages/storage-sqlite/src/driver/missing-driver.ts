import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/** What decides how the native part of better-sqlite3 can be had. */
export interface Machine {
  /** The folder whose `include/node` has the headers of the running Node.js; `undefined` where they are missing. */
  readonly nodeFolder: string | undefined;
  readonly hasCompiler: boolean;
  /** Such as `npm`: the one that started this process, if one did. */
  readonly packageManager: string | undefined;
}

type PackageManager = "npm" | "pnpm" | "yarn" | "bun";

/** What builds a dependency again. Those that run no install scripts of dependencies unasked are asked on the way. */
const REBUILD: Readonly<Record<PackageManager, string>> = {
  npm: "npm rebuild better-sqlite3",
  pnpm: "pnpm approve-builds better-sqlite3 && pnpm rebuild better-sqlite3",
  yarn: "yarn rebuild better-sqlite3",
  bun: "bun pm trust better-sqlite3",
};

/** True for what Node.js and the package itself throw when the native part is missing or of no use here. */
export function isMissingDriver(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return (error as { code?: unknown }).code === "ERR_DLOPEN_FAILED" || /locate the bindings file/i.test(error.message);
}

/** Why the native part of better-sqlite3 cannot be loaded, and what helps on this machine. */
export function whyNoDriver(error: Error, machine: Machine = thisMachine()): { message: string; remedy: string } {
  const run = `run: ${rebuild(machine)}`;
  if (/NODE_MODULE_VERSION/.test(error.message)) {
    return { message: "better-sqlite3 was built for another version of Node.js", remedy: sentence(run) };
  }
  if ((error as { code?: unknown }).code === "ERR_DLOPEN_FAILED") {
    return {
      message: "better-sqlite3 was built for another system",
      remedy: `Remove node_modules and install again, or ${run}`,
    };
  }
  const message = "the native part of better-sqlite3 was not built when it was installed";
  if (!machine.hasCompiler) return { message, remedy: `Install a C++ compiler, make and Python 3, then ${run}` };
  if (machine.nodeFolder === undefined) {
    return {
      message,
      remedy: `Let it download a binary or the headers of Node.js, or install those headers, then ${run}`,
    };
  }
  return { message, remedy: sentence(run) };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

function rebuild({ nodeFolder, packageManager }: Machine): string {
  const manager = isKnown(packageManager) ? packageManager : "npm";
  if (nodeFolder === undefined) return REBUILD[manager];
  if (manager === "npm") return `${REBUILD.npm} --nodedir=${nodeFolder}`;
  return REBUILD[manager].replace(/[^&]+$/, (last) =>
    last.replace(/\S/, (first) => `npm_config_nodedir=${nodeFolder} ${first}`),
  );
}

function isKnown(name: string | undefined): name is PackageManager {
  return name !== undefined && Object.hasOwn(REBUILD, name);
}

function thisMachine(): Machine {
  const nodeFolder = dirname(dirname(process.execPath));
  return {
    nodeFolder: existsSync(join(nodeFolder, "include/node/node.h")) ? nodeFolder : undefined,
    hasCompiler: hasCompiler(),
    packageManager: process.env.npm_config_user_agent?.split("/")[0],
  };
}

function hasCompiler(): boolean {
  // Windows keeps its compiler off the PATH, where only node-gyp finds it.
  if (process.platform === "win32") return true;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const has = (program: string) => folders.some((folder) => existsSync(join(folder, program)));
  return has("make") && ["c++", "g++", "clang++"].some(has);
}
