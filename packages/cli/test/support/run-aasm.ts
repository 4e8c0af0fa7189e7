import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { main } from "../../src/main.js";

const BIN = fileURLToPath(new URL("../../bin/aasm.js", import.meta.url));

export interface RunResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly input?: string;
  readonly env?: Record<string, string>;
  /** Told of each text that is written to stdout. */
  readonly onStdout?: (text: string) => void;
  /** What every write to stdout fails with. */
  readonly stdoutFails?: Error;
  /** Stdout is a terminal of 80 columns. */
  readonly terminal?: boolean;
  /** Stdin and stderr are terminals, too: the input answers questions. */
  readonly asks?: boolean;
  /** Aborted with a `StopRequest`, it stands for Ctrl-C or SIGTERM. */
  readonly signal?: AbortSignal;
}

export interface SpawnOptions extends Pick<RunOptions, "input" | "env"> {
  /** Default: the sandbox's folder. */
  readonly cwd?: string;
  /** The user and group id it runs with; default: those of the tests. */
  readonly user?: number | undefined;
  /** Receives the process once it runs. */
  readonly onStart?: (child: ChildProcess) => void;
}

/** A temporary home folder, and the command line running in it. */
export interface Sandbox {
  readonly folder: string;
  /** Runs the command line in this process. */
  run(args: readonly string[], options?: RunOptions): Promise<RunResult>;
  /** Runs the built command as a process of its own: for what is about processes. */
  spawn(args: readonly string[], options?: SpawnOptions): Promise<RunResult>;
  /** Runs with `--json`, expects the exit code and returns the document. */
  json<T>(args: readonly string[], expectedCode?: number, options?: RunOptions): Promise<T>;
}

/**
 * To be called while a test file is collected: the folder goes when its tests have ended.
 * @param always variables that every command gets
 */
export async function createSandbox(always: Record<string, string> = {}): Promise<Sandbox> {
  const folder = await mkdtemp(join(tmpdir(), "aasm-cli-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  return sandboxIn(folder, [], always);
}

/** For tests that count all events: what commands change is not recorded. */
export const UNRECORDED: Record<string, string> = { AAASM_GOVERNANCE_EVENTS: "false" };

/** @param first arguments and variables that every command gets before its own */
export function sandboxIn(folder: string, first: readonly string[], always: Record<string, string> = {}): Sandbox {
  const run: Sandbox["run"] = (args, { env, ...options } = {}) =>
    runHere(folder, [...first, ...args], { ...options, env: { ...always, ...env } });
  return {
    folder,
    run,
    spawn: (args, { env, ...options } = {}) =>
      runProcess(folder, [...first, ...args], { ...options, env: { ...always, ...env } }),
    async json<T>(args: readonly string[], expectedCode = 0, options: RunOptions = {}) {
      const result = await run([...args, "--json"], options);
      if (result.code !== expectedCode) {
        throw new Error(`aasm ${args.join(" ")} ended with ${result.code}\n${result.stdout}\n${result.stderr}`);
      }
      return JSON.parse(result.stdout) as T;
    },
  };
}

async function runHere(folder: string, args: readonly string[], options: RunOptions): Promise<RunResult> {
  const stdout = new TextSink(options.onStdout, options.stdoutFails);
  if (options.terminal === true) Object.assign(stdout, { isTTY: true, columns: 80 });
  const stderr = new TextSink();
  const stdin = Readable.from([Buffer.from(options.input ?? "")]);
  if (options.asks === true) for (const stream of [stdin, stderr]) Object.assign(stream, { isTTY: true });
  const code = await main(args, {
    stdin,
    stdout,
    stderr,
    env: environment(folder, options.env),
    cwd: folder,
    signal: options.signal ?? new AbortController().signal,
  });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

class TextSink extends Writable {
  text = "";

  constructor(
    private readonly onText: (text: string) => void = () => undefined,
    private readonly failure?: Error,
  ) {
    super({ decodeStrings: false });
  }

  override _write(chunk: string | Buffer, _: string, done: (error?: Error) => void): void {
    if (this.failure === undefined) {
      const text = chunk.toString();
      this.text += text;
      this.onText(text);
    }
    done(this.failure);
  }
}

function runProcess(folder: string, args: readonly string[], options: SpawnOptions): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const { cwd = folder, user } = options;
    const child = spawn(process.execPath, [BIN, ...args], {
      cwd,
      env: environment(folder, options.env),
      ...(user !== undefined && { uid: user, gid: user }),
    });
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
}

/** The machine's environment without what would configure the command. */
function environment(folder: string, extra: Record<string, string> = {}): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env, HOME: folder, USERPROFILE: folder };
  for (const name of Object.keys(env)) if (/^(AA_|AAASM_)/.test(name)) delete env[name];
  for (const name of ["NO_COLOR", "FORCE_COLOR", "COLUMNS"]) delete env[name];
  return { ...env, ...extra };
}
