import type { BenchResult } from "../result.js";
import { withServices } from "../surroundings.js";
import { batches, singles } from "./append.js";
import { compression } from "./compression.js";
import { metricQuestions } from "./metrics.js";
import { depth, health, queries } from "./read.js";
import type { BenchServer } from "./store.js";

type ServerBench = (server: BenchServer, quick: boolean) => Promise<BenchResult | BenchResult[]>;

const BENCHES: readonly ServerBench[] = [batches, singles, queries, depth, health, compression];
const EDITIONS: Readonly<Record<string, string>> = {
  "timescale-apache": "apache",
  "timescale-community": "community",
};

/** Audit events on each edition of TimescaleDB that can be had; says which cannot. */
export function postgres(quick: boolean): Promise<BenchResult[]> {
  return onEachEdition(BENCHES, quick);
}

/** Questions about a year of metrics, on each edition of TimescaleDB that can be had. */
export function metrics(quick: boolean): Promise<BenchResult[]> {
  return onEachEdition([metricQuestions], quick);
}

function onEachEdition(benches: readonly ServerBench[], quick: boolean): Promise<BenchResult[]> {
  return withServices(["timescale-apache", "timescale-community"], async (profiles) => {
    const results: BenchResult[] = [];
    for (const profile of profiles) {
      const server: BenchServer = { edition: EDITIONS[profile.name] ?? profile.name, url: profile.url };
      for (const bench of benches) results.push(...[await bench(server, quick)].flat());
    }
    return results;
  });
}
