import { type ChildProcess, spawn } from "node:child_process";

/** How a program is run. */
interface RunOptions {
  /** Beside the test's own. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Is given what it has printed so far. */
  readonly onOutput?: (stdout: string, child: ChildProcess) => void;
}

/** Runs a program of the soak. */
export async function run(
  program: string,
  args: readonly string[],
  { env, onOutput }: RunOptions = {},
): Promise<{ status: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...env },
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    onOutput?.(stdout, child);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  return { status, stdout, stderr };
}
