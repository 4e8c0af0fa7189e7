import { monitorEventLoopDelay } from "node:perf_hooks";
import { serve } from "@agent-assembly/gateway";
import { openStorage } from "@agent-assembly/storage";
import type { Served } from "./gateway-process.js";

/*
 * A gateway in a process of its own. Says where it is once it listens; answers each message with how long its event loop was blocked
 * since the one before; ends when its parent disconnects.
 */

const storage = await openStorage({
  backend: "sqlite",
  path: process.argv[2] as string,
  limits: { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY },
});
const server = await serve(storage, { port: 0, anonymous: ["ingest", "read"] });
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();

process.on("message", () => {
  const report: Served = { delayMs: delay.percentile(99) / 1e6 };
  delay.reset();
  process.send?.(report);
});
process.on("disconnect", async () => {
  await server.close();
  await storage.close();
});
process.send?.({ url: server.url });
