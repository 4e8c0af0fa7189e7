import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type BenchResult, inTurn, judge, median, seconds } from "./result.js";

/** `aasm --version` against an empty Node program. */
export async function cliStart(quick: boolean): Promise<BenchResult> {
  const bin = fileURLToPath(new URL("../../../packages/cli/bin/aasm.js", import.meta.url));
  const start = async (args: string[]) => {
    const times: number[] = [];
    for (let i = 0; i < 5; i++) times.push(await seconds(() => execFileSync(process.execPath, args)));
    return median(times) * 1000;
  };
  const measured = await inTurn(
    quick ? 3 : 7,
    () => start([bin, "--version"]),
    () => start(["-e", "0"]),
  );
  return judge("aasm --version", "ms", measured, { kind: "at most", ratio: 2 });
}
