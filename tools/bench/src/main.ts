import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { cliStart } from "./cli-start.js";
import { postgres } from "./postgres/servers.js";
import { table } from "./report.js";
import type { BenchResult } from "./result.js";
import { batches, singles } from "./sqlite/append.js";
import { eventLoop } from "./sqlite/event-loop.js";
import { depth, health, queries } from "./sqlite/read.js";
import { policies } from "./state/policies.js";
import { rateLimits } from "./state/rate-limits.js";

const BENCHES: Readonly<Record<string, (quick: boolean) => Promise<BenchResult | BenchResult[]>>> = {
  batches,
  singles,
  queries,
  depth,
  health,
  "event-loop": eventLoop,
  postgres,
  policies,
  "rate-limits": rateLimits,
  cli: cliStart,
};

const { values } = parseArgs({
  // pnpm hands its own separator on.
  args: process.argv.slice(2).filter((argument) => argument !== "--"),
  options: { json: { type: "string" }, only: { type: "string", multiple: true }, quick: { type: "boolean" } },
});
const names = values.only ?? Object.keys(BENCHES);
const unknown = names.find((name) => !Object.hasOwn(BENCHES, name));
if (unknown !== undefined) {
  console.error(`unknown bench "${unknown}"; known: ${Object.keys(BENCHES).join(", ")}`);
  process.exit(2);
}
if (values.quick) console.log("quick: fewer rows and rounds than the targets are meant for\n");

const results: BenchResult[] = [];
for (const name of names) {
  process.stderr.write(`measuring ${name} ...\n`);
  results.push(...[await (BENCHES[name] as (typeof BENCHES)[string])(values.quick ?? false)].flat());
}
console.log(table(results));
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, undefined, 2)}\n`);
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
