import { provideServices } from "@agent-assembly/test-services";
import type { BenchResult } from "../result.js";
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
export async function postgres(quick: boolean): Promise<BenchResult[]> {
  const { services, stop } = await provideServices(["timescale-apache", "timescale-community"]);
  try {
    for (const { name, reason } of services.missing) console.error(`not measured on ${name}: ${reason}`);
    const results: BenchResult[] = [];
    for (const profile of services.profiles) {
      const server: BenchServer = { edition: EDITIONS[profile.name] ?? profile.name, url: profile.url };
      for (const bench of BENCHES) results.push(...[await bench(server, quick)].flat());
    }
    return results;
  } finally {
    await stop();
  }
}
