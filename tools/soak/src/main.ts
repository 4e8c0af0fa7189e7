import { parseArgs } from "node:util";
import { DEFECT_NAMES, type DefectName, execArgvOf } from "./defects/index.js";
import { makeFolder, removeFolder } from "./folder.js";
import {
  anySeed,
  commandLine,
  listCounts,
  oneBetween,
  printHelp,
  runCommand,
  seedOf,
  stopSignal,
  UsageError,
} from "./options.js";
import { type SoakReport, soak } from "./soak.js";
import { STORE_NAMES, type StoreName, startStore } from "./stores/index.js";
import type { SoakStore } from "./stores/store.js";

const HELP = `Usage: pnpm soak [--minutes N] [--seed S] [--store NAME] [--defect NAME]

Eighteen processes use one store while faults come at random: processes are killed and stopped, servers killed and restarted, the
network and the disk fail, clocks jump. Exits with 1 when something does not hold that must hold whatever happens.

  --minutes N    how long faults come; default 1
  --seed S       a whole number; the same seed gives the same faults in the same order. Default: another one each time
  --store NAME   ${STORE_NAMES.join(", ")}; default sqlite
  --defect NAME  breaks something first, to show that it is found: ${DEFECT_NAMES.join(", ")}
`;
const MINUTE_MS = 60_000;

function oneOf<Name extends string>(option: string, name: string, known: readonly Name[]): Name {
  const found = known.find((one) => one === name);
  if (found !== undefined) return found;
  throw new UsageError(`${option} ${name} is unknown; known: ${known.join(", ")}`);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      store: { type: "string", default: "sqlite" },
      defect: { type: "string" },
      seed: { type: "string", default: anySeed() },
      minutes: { type: "string", default: "1" },
      help: { type: "boolean", short: "h" },
    },
    args: commandLine(),
  });
  if (printHelp(values.help, HELP)) return 0;
  const minutes = oneBetween(0.05, 10_000, "minutes", values.minutes);
  const seed = seedOf(values.seed);
  const name: StoreName = oneOf("--store", values.store, STORE_NAMES);
  const defect: DefectName | undefined =
    values.defect === undefined ? undefined : oneOf("--defect", values.defect, DEFECT_NAMES);
  const signal = stopSignal();
  const folder = await makeFolder();
  let store: SoakStore | undefined;
  try {
    store = await startStore(name, { folder, minutes });
    console.log(`seed ${seed}; ${store.title}`);
    for (const what of store.notTried) console.log(`not tried: ${what}`);
    const report = await soak(store, {
      ms: minutes * MINUTE_MS,
      seed,
      folder,
      signal,
      execArgv: execArgvOf(defect),
    });
    const again = `pnpm soak --store ${name} --seed ${seed} --minutes ${minutes}${defect ? ` --defect ${defect}` : ""}`;
    print(report, again);
    return report.violations.length === 0 ? 0 : 1;
  } finally {
    await store?.stop();
    await removeFolder(folder);
  }
}

function print({ violations, faults, steps, events, lastActions }: SoakReport, again: string): void {
  console.log(`work:   ${listCounts(steps)}`);
  console.log(`faults: ${listCounts(faults)}`);
  const { acknowledged, stored, archived, sealed, erasedSessions } = events;
  console.log(`events: acknowledged ${acknowledged}, stored ${stored}, archived ${archived}, sealed ${sealed}`);
  console.log(`erased: ${erasedSessions} sessions`);
  console.log(`${violations.length} violations`);
  if (violations.length === 0) return;
  for (const violation of violations) console.log(`  ${violation}`);
  console.log("the last actions, in seconds since the start:");
  for (const action of lastActions) console.log(`  ${action}`);
  console.log(`again: ${again}`);
}

await runCommand(main);
