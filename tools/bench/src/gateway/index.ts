import type { BenchResult } from "../result.js";
import { ingest } from "./ingest.js";
import { page } from "./page.js";
import { reads } from "./reads.js";

/** What senders and readers of the gateway wait for, and people at its page. */
export async function gateway(quick: boolean): Promise<BenchResult[]> {
  return [...(await ingest(quick)), ...(await reads(quick)), ...(await page(quick))];
}
