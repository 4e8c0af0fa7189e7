import { spawn } from "node:child_process";

export interface ChildResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The user that owns nothing, on every Linux. */
const NOBODY = 65_534;

/**
 * Runs a module text in a Node.js process of its own; `import`s take absolute URLs, arguments are
 * `process.argv.slice(1)`.
 * @param asNobody drops root's rights, which would make permission checks meaningless; no effect for other users
 */
export function runChild(
  source: string,
  args: readonly string[],
  { asNobody = false }: { readonly asNobody?: boolean } = {},
): Promise<ChildResult> {
  const identity = asNobody && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn(process.execPath, ["--input-type=module", "--eval", source, "--", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: "/",
    ...identity,
  });
  return new Promise((resolve, reject) => {
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      stdout += chunk.toString();
    });
    child.stderr.on("data", (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    child.on("error", reject);
    child.on("close", (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

/** URL of a compiled module of this package. */
export function distUrl(file: string): string {
  return new URL(`../../dist/${file}`, import.meta.url).href;
}
