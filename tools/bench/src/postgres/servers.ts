import type { BenchResult } from "../result.js";
import { withServices } from "../surroundings.js";
import { batches, singles } from "./append.js";
import { compression } from "./compression.js";
import { depth, health, queries } from "./read.js";
import type { BenchServer } from "./store.js";

const BENCHES = [batches, singles, queries, depth, health, compression];
const EDITIONS: Readonly<Record<string, string>> = {
  "timescale-apache": "apache",
  "timescale-community": "community",
};

/** All of it on each edition of TimescaleDB that can be had; says which cannot. */
export function postgres(quick: boolean): Promise<BenchResult[]> {
  return withServices(["timescale-apache", "timescale-community"], async (profiles) => {
    const results: BenchResult[] = [];
    for (const profile of profiles) {
      const server: BenchServer = { edition: EDITIONS[profile.name] ?? profile.name, url: profile.url };
      for (const bench of BENCHES) results.push(...[await bench(server, quick)].flat());
    }
    return results;
  });
}
