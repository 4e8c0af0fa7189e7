import { parseArgs } from "node:util";
import { makeFolder, removeFolder } from "../folder.js";
import { anySeed, commandLine, listCounts, oneBetween, printHelp, runCommand, seedOf, stopSignal } from "../options.js";
import { killWriters } from "./kills.js";

const HELP = `Usage: pnpm soak:kills [--rounds N] [--seed S]

Kills one writer of a SQLite file after the other with SIGKILL, at random moments: while it opens or makes the file, writes, seals,
erases, moves the log into the file, or closes it. Exits with 1 when an acknowledged event is lost, an event is there twice, a batch is
there in part, an event has no leaf or two, an erased value is left in the file, or integrity_check finds damage.

  --rounds N     how many are killed; default 1000
  --seed S       a whole number; the same seed draws the same moments. Default: another one each time
`;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "1000" },
      seed: { type: "string", default: anySeed() },
      help: { type: "boolean", short: "h" },
    },
    args: commandLine(),
  });
  if (printHelp(values.help, HELP)) return 0;
  const rounds = Math.floor(oneBetween(1, 1_000_000, "rounds", values.rounds));
  const seed = seedOf(values.seed);
  const signal = stopSignal();
  const folder = await makeFolder();
  try {
    console.log(`seed ${seed}; SQLite, ${rounds} rounds`);
    const report = await killWriters({ rounds, seed, folder, signal });
    console.log(`kills:  ${report.kills}: ${listCounts(report.stages)}`);
    console.log(`events: acknowledged ${report.acknowledged}, lost ${report.lost}`);
    console.log(`sealed: ${report.sealed}, erased ${report.erasedSessions} sessions`);
    console.log(`${report.violations.length} violations`);
    for (const violation of report.violations) console.log(`  ${violation}`);
    if (report.violations.length === 0) return 0;
    console.log(`again: pnpm soak:kills --rounds ${rounds} --seed ${seed}`);
    return 1;
  } finally {
    await removeFolder(folder);
  }
}

await runCommand(main);
