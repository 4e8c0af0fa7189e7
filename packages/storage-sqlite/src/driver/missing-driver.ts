import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { type PackageManager, packageManagerInUse } from "@agent-assembly/storage-core/backend";

/** What decides how the native part of better-sqlite3 can be had. */
export interface Machine {
  /** The folder whose `include/node` has the headers of the running Node.js; `undefined` where they are missing. */
  readonly nodeFolder: string | undefined;
  readonly hasCompiler: boolean;
  readonly packageManager: PackageManager | undefined;
}

/** Newer releases of Yarn 4 build nothing that is not listed so, and have no command that lists it. */
const YARN_APPROVAL =
  '. Yarn 4 wants "dependenciesMeta": { "better-sqlite3": { "built": true } } in package.json first';

/** What builds a dependency again. Those that run no install scripts of dependencies unasked are asked on the way. */
const REBUILD: Readonly<Record<PackageManager, string>> = {
  npm: "npm rebuild better-sqlite3",
  pnpm: "pnpm approve-builds better-sqlite3 && pnpm rebuild better-sqlite3",
  yarn: "yarn rebuild better-sqlite3",
  "yarn-classic": "yarn install --force",
  bun: "bun pm trust better-sqlite3",
};

/** True for what Node.js and the package itself throw when the native part is missing or of no use here. */
export function isMissingDriver(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  return (error as { code?: unknown }).code === "ERR_DLOPEN_FAILED" || /locate the bindings file/i.test(error.message);
}

/** Why the native part of better-sqlite3 cannot be loaded, and what helps on this machine. */
export function whyNoDriver(error: Error, machine: Machine = thisMachine()): { message: string; remedy: string } {
  const run = rebuild(machine);
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
  return { message, remedy: `${sentence(run)}${machine.packageManager === "yarn" ? YARN_APPROVAL : ""}` };
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/** As the rest of a sentence. The package alone is named where the package manager is not known. */
function rebuild({ nodeFolder, packageManager }: Machine): string {
  if (packageManager === undefined) return "rebuild better-sqlite3";
  return `run: ${rebuildCommand(packageManager, nodeFolder)}`;
}

function rebuildCommand(packageManager: PackageManager, nodeFolder: string | undefined): string {
  if (nodeFolder === undefined) return REBUILD[packageManager];
  if (packageManager === "npm") return `${REBUILD.npm} --nodedir=${nodeFolder}`;
  return REBUILD[packageManager].replace(/[^&]+$/, (last) =>
    last.replace(/\S/, (first) => `npm_config_nodedir=${nodeFolder} ${first}`),
  );
}

function thisMachine(): Machine {
  const nodeFolder = dirname(dirname(process.execPath));
  return {
    nodeFolder: existsSync(join(nodeFolder, "include/node/node.h")) ? nodeFolder : undefined,
    hasCompiler: hasCompiler(),
    packageManager: packageManagerInUse(),
  };
}

function hasCompiler(): boolean {
  // Windows keeps its compiler off the PATH, where only node-gyp finds it.
  if (process.platform === "win32") return true;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const has = (program: string) => folders.some((folder) => existsSync(join(folder, program)));
  return has("make") && ["c++", "g++", "clang++"].some(has);
}
