import { spawn } from "node:child_process";

export interface ChildResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The user that owns nothing, on every Linux. */
export const NOBODY = 65_534;

/**
 * Runs a module text in a Node.js process of its own; `import`s take absolute URLs, arguments are
 * `process.argv.slice(1)`.
 * @param limitMs after which it is killed, where it could hang: its exit code is `null` then
 * @param asNobody drops root's rights, which would make permission checks meaningless; no effect for other users
 */
export function runChild(
  source: string,
  args: readonly string[],
  {
    asNobody = false,
    nodeOptions = [],
    limitMs,
  }: { readonly asNobody?: boolean; readonly nodeOptions?: readonly string[]; readonly limitMs?: number } = {},
): Promise<ChildResult> {
  const identity = asNobody && process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const child = spawn(process.execPath, [...nodeOptions, "--input-type=module", "--eval", source, "--", ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    cwd: "/",
    env: { ...process.env, NODE_OPTIONS: "" },
    ...(limitMs === undefined ? {} : { timeout: limitMs, killSignal: "SIGKILL" as const }),
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

/** URL of the compiled functions that make rows of events. */
export const AUTHOR_KIT = new URL("../../../../storage-core/dist/author-kit.js", import.meta.url).href;

/** URL of the compiled package. */
export const DIST = new URL("../../../dist/index.js", import.meta.url).href;
