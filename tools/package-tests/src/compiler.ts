import { spawnSync } from "node:child_process";

/**
 * Compiles a folder with its `tsconfig.json`.
 *
 * @param tsc the compiler's program
 * @returns what it found wrong, a line each, paths relative to the folder
 */
export function compilerErrors(tsc: string, folder: string): string[] {
  const { stdout, error } = spawnSync(process.execPath, [tsc, "-p", "."], { cwd: folder, encoding: "utf8" });
  if (error !== undefined) throw error;
  return stdout.split("\n").filter((line) => line !== "");
}
