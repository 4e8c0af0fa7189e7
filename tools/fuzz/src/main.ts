import { parseArgs } from "node:util";
import { createDatabase, provideServices } from "@agent-assembly/test-services";
import { MEMORY_BYTES, reportText, TARGET_NAMES, type TargetName, tryTarget } from "./supervise.js";

const HELP = `Usage: pnpm fuzz [--minutes N] [--seed S] [--target NAME]...

Passes random and forged input through every target, each in a process of its own. Exits with 1 when one hangs, crashes, takes
more than ${MEMORY_BYTES / 2 ** 20} MiB, or fails with the code "internal" or an error of another library.

  --minutes N  for all targets together; default 1
  --seed S     a whole number; the same seed tries the same inputs. Default: another one each time
  --target NAME  this one, instead of all; may be repeated: ${TARGET_NAMES.join(", ")}
`;
const MINUTE_MS = 60_000;
/** Of seeds: fast-check takes 32 bits. */
const SEEDS = 2 ** 31;

function isTarget(name: string): name is TargetName {
  return (TARGET_NAMES as readonly string[]).includes(name);
}

function numberOf(option: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() !== "" && value >= min && value <= max) return value;
  throw new TypeError(`${option} must be a number from ${min} to ${max}`);
}

const { values } = parseArgs({
  // pnpm hands its own separator on.
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: {
    help: { type: "boolean", short: "h" },
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: String(Math.floor(Math.random() * SEEDS)) },
    target: { type: "string", multiple: true, default: [...TARGET_NAMES] },
  },
});

async function fuzz(): Promise<number> {
  const minutes = numberOf("--minutes", values.minutes, 0.01, 10_000);
  const seed = Math.floor(numberOf("--seed", values.seed, 0, SEEDS));
  const targets = values.target.map((name) => {
    if (isTarget(name)) return name;
    throw new TypeError(`--target ${name} is unknown; known: ${TARGET_NAMES.join(", ")}`);
  });
  console.log(`seed ${seed}`);
  const { services, stop } = await provideServices(["postgres"]);
  try {
    for (const { name, reason, install } of services.missing) console.log(`without ${name}: ${reason}; ${install}`);
    const server = services.profiles.find(({ name }) => name === "postgres");
    let found = 0;
    for (const target of targets) {
      const database = server && (await createDatabase(server.url, "fuzz"));
      const ms = (minutes * MINUTE_MS) / targets.length;
      const report = await tryTarget(target, { ms, seed, postgresUrl: database?.url });
      await database?.drop();
      console.log(reportText(report, seed));
      if (report.finding !== undefined || report.inputs === 0) found++;
    }
    return found === 0 ? 0 : 1;
  } finally {
    await stop();
  }
}

if (values.help === true) console.log(HELP);
else process.exitCode = await fuzz();
