import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { createDatabase } from "@agent-assembly/test-services";
import { type BenchResult, inTurn, judge } from "./result.js";
import { withFolder, withServices } from "./surroundings.js";

const AASM = fileURLToPath(new URL("../../../packages/cli/bin/aasm.js", import.meta.url));
const run = promisify(execFile);

/** Commands that people and scripts wait for, with how many times the CPU of an empty Node.js program each may take. */
const ON_SQLITE: readonly (readonly [command: string, atMost: number])[] = [
  ["--version", 1.5],
  ["--help", 1.5],
  ["audit query --help", 1.5],
  ["audit count", 3],
  ["audit query", 3],
  ["policy active demo-guardrails", 3],
  ["config show", 3],
  ["status", 3],
];
const ON_POSTGRES: typeof ON_SQLITE = [["audit count", 4]];

/** User and system time of whole commands on a small store, against `node -e 0`. */
export function cliStart(quick: boolean): Promise<BenchResult[]> {
  return withFolder("cli", (folder) =>
    withServices(["timescale-apache"], async ([server]) => {
      const env = environment(folder);
      await run(process.execPath, [AASM, "demo"], { env });
      const results = await measure("SQLite", ON_SQLITE, env, quick);
      if (server !== undefined) results.push(...(await onPostgres(server.url, env, quick)));
      return results;
    }),
  );
}

async function onPostgres(server: string, local: NodeJS.ProcessEnv, quick: boolean): Promise<BenchResult[]> {
  const { url, drop } = await createDatabase(server, "bench");
  try {
    const env = { ...local, AA_MODE: "remote", AAASM_DATABASE_URL: url };
    await run(process.execPath, [AASM, "migrate"], { env });
    await run(process.execPath, [AASM, "demo"], { env });
    return await measure("PostgreSQL", ON_POSTGRES, env, quick);
  } finally {
    await drop();
  }
}

async function measure(
  store: string,
  commands: typeof ON_SQLITE,
  env: NodeJS.ProcessEnv,
  quick: boolean,
): Promise<BenchResult[]> {
  const results: BenchResult[] = [];
  for (const [command, atMost] of commands) {
    const ours = [AASM, ...command.split(" ")];
    const measured = await inTurn(
      quick ? 3 : 7,
      () => cpuMs(ours, env),
      () => cpuMs(["-e", "0"], env),
    );
    results.push(judge(`aasm ${command} (${store}), CPU`, "ms", measured, { kind: "at most", ratio: atMost }));
  }
  return results;
}

/** Programs between two readings of the clock, which ticks a hundred times a second. */
const STARTS = 10;

/**
 * User and system time that one run of Node.js takes with these arguments, as the operating system accounts for it.
 * `times` of the shell is how a program learns that of its children; Node.js has no call for it.
 */
async function cpuMs(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  const script = `for _ in ${"x ".repeat(STARTS)}; do "$@" >/dev/null || exit 1; done; times`;
  const { stdout } = await run("sh", ["-c", script, "sh", process.execPath, ...args], { env });
  const ofChildren = stdout.trim().split("\n")[1] ?? "";
  const parts = [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].map(([, m, s]) => Number(m) * 60 + Number(s));
  if (parts.length !== 2) throw new Error(`the shell's times printed ${JSON.stringify(stdout)}`);
  return ((parts[0] as number) + (parts[1] as number)) * (1000 / STARTS);
}

/** A home folder of its own, and nothing that would configure the command. */
function environment(home: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^(AA_|AAASM_)/.test(name));
  return { ...Object.fromEntries(own), HOME: home };
}
