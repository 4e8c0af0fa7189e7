import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";

const BIN = fileURLToPath(new URL("../bin/aasm.js", import.meta.url));

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Record<string, string>;
  /** Receives the process once it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** A temporary home folder and the real command running in it. */
export interface Sandbox {
  readonly folder: string;
  run(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Runs with `--json`, expects the exit code and returns the document. */
  json<T>(args: readonly string[], expectedCode?: number, options?: RunOptions): Promise<T>;
}

/** To be called while a test file is collected: the folder goes when its tests have ended. */
export async function createSandbox(): Promise<Sandbox> {
  const folder = await mkdtemp(join(tmpdir(), "aasm-cli-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const run: Sandbox["run"] = (args, options = {}) =>
    new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [BIN, ...args], { cwd: folder, env: environment(folder, options.env) });
      let stdout = "";
      let stderr = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        stdout += text;
      });
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        stderr += text;
      });
      child.on("error", reject).on("close", (code) => resolve({ code, stdout, stderr }));
      child.stdin.on("error", () => undefined).end(options.input ?? "");
      options.onStart?.(child);
    });
  return {
    folder,
    run,
    async json<T>(args: readonly string[], expectedCode = 0, options: RunOptions = {}) {
      const result = await run([...args, "--json"], options);
      if (result.code !== expectedCode) {
        throw new Error(`aasm ${args.join(" ")} ended with ${result.code}\n${result.stdout}\n${result.stderr}`);
      }
      return JSON.parse(result.stdout) as T;
    },
  };
}

function environment(folder: string, extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, HOME: folder, USERPROFILE: folder, ...extra };
  for (const name of Object.keys(env)) {
    if (/^(AA_|AAASM_)/.test(name) && extra[name] === undefined) delete env[name];
  }
  for (const name of ["NO_COLOR", "FORCE_COLOR", "COLUMNS"]) if (extra[name] === undefined) delete env[name];
  return env;
}
