import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { cpus } from "node:os";
import { dirname, join } from "node:path";

const workspace = createRequire(import.meta.url);

/** The kind of machine, and nothing that tells it from others of its kind. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node: string;
  readonly platform: string;
}

export function thisMachine(): Machine {
  const all = cpus();
  return {
    cpu: all[0]?.model.trim() ?? "unknown CPU",
    cores: all.length,
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
  };
}

/** As a line of text. */
export function machineLine({ cpu, cores, node, platform }: Machine): string {
  return `${cpu}, ${cores} cores, ${platform}, Node.js ${node.slice(1)}`;
}

/** The installed version of a dependency of this package. */
export function versionOf(name: string): string {
  for (let folder = dirname(workspace.resolve(name)); folder !== dirname(folder); folder = dirname(folder)) {
    const found = packageJson(join(folder, "package.json"));
    if (found?.name === name) return found.version;
  }
  throw new Error(`${name} has no package.json`);
}

function packageJson(path: string): { name: string; version: string } | undefined {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as { name: string; version: string };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
