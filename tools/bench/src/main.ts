import { writeFileSync } from "node:fs";
import { archive } from "./archive.js";
import { readArguments, type TargetArguments } from "./arguments.js";
import { cliStart } from "./cli-start.js";
import { counts } from "./counts/index.js";
import { evidence } from "./evidence/index.js";
import { gateway } from "./gateway/index.js";
import { runPeers } from "./peers/index.js";
import { byHand, metrics, postgres } from "./postgres/servers.js";
import { table } from "./report.js";
import type { BenchResult } from "./result.js";
import { runRows } from "./rows/index.js";
import { batches, singles } from "./sqlite/append.js";
import { eventLoop } from "./sqlite/event-loop.js";
import { imports } from "./sqlite/imports.js";
import { depth, health, queries } from "./sqlite/read.js";
import { activations } from "./state/activations.js";
import { policies } from "./state/policies.js";
import { rateLimits } from "./state/rate-limits.js";

const BENCHES: Readonly<Record<string, (quick: boolean) => Promise<BenchResult | BenchResult[]>>> = {
  batches,
  singles,
  imports,
  queries,
  depth,
  health,
  "event-loop": eventLoop,
  postgres,
  "postgres-by-hand": byHand,
  counts,
  evidence,
  gateway,
  metrics,
  policies,
  activations,
  "rate-limits": rateLimits,
  archive,
  cli: cliStart,
};

const given = read();
if ("help" in given) console.log(given.help);
else if (given.report === "peers") process.exitCode = await runPeers(given);
else if (given.report === "rows") process.exitCode = await runRows(given);
else await run(given);

function read(): ReturnType<typeof readArguments> {
  try {
    return readArguments(process.argv.slice(2), Object.keys(BENCHES));
  } catch (error) {
    console.error(`${(error as Error).message} (see --help)`);
    process.exit(2);
  }
}

async function run({ names, json, quick }: TargetArguments): Promise<void> {
  if (quick) console.log("quick: fewer rows and rounds than the targets require\n");
  const results: BenchResult[] = [];
  for (const name of names) {
    process.stderr.write(`measuring ${name} ...\n`);
    results.push(...[await (BENCHES[name] as (typeof BENCHES)[string])(quick)].flat());
  }
  console.log(table(results));
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, undefined, 2)}\n`);
  process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
}
