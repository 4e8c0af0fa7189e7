import type { BenchResult } from "../result.js";
import { type Names, withServices } from "../surroundings.js";
import { batches, singles } from "./append.js";
import { appendsInTurn, pagesOfAgent } from "./by-hand.js";
import { compression } from "./compression.js";
import { metricQuestions } from "./metrics.js";
import { depth, health, queries } from "./read.js";
import type { BenchServer } from "./store.js";

type ServerBench = (server: BenchServer, quick: boolean) => Promise<BenchResult | BenchResult[]>;

const BENCHES: readonly ServerBench[] = [batches, singles, queries, depth, health, compression];
const PEERS: readonly ServerBench[] = [appendsInTurn, pagesOfAgent];
const TIMESCALE: Names = ["timescale-apache", "timescale-community"];
const EDITIONS: Readonly<Record<string, string>> = {
  postgres: "plain",
  "timescale-apache": "apache",
  "timescale-community": "community",
};

/** Audit events on each edition of TimescaleDB that can be had; says which cannot. */
export function postgres(quick: boolean): Promise<BenchResult[]> {
  return onEach(TIMESCALE, BENCHES, quick);
}

/** What one would write by hand or with drizzle-orm, on tables without TimescaleDB and on each edition that can be had. */
export function byHand(quick: boolean): Promise<BenchResult[]> {
  return onEach(["postgres", "timescale-apache", "timescale-community"], PEERS, quick);
}

/** Questions about a year of metrics, on each edition of TimescaleDB that can be had. */
export function metrics(quick: boolean): Promise<BenchResult[]> {
  return onEach(TIMESCALE, [metricQuestions], quick);
}

/** Measures on each of these servers that can be had; says which cannot. */
export function onEach(servers: Names, benches: readonly ServerBench[], quick: boolean): Promise<BenchResult[]> {
  return withServices(servers, async (profiles) => {
    const results: BenchResult[] = [];
    for (const profile of profiles) {
      const server: BenchServer = { edition: EDITIONS[profile.name] ?? profile.name, url: profile.url };
      for (const bench of benches) results.push(...[await bench(server, quick)].flat());
    }
    return results;
  });
}
