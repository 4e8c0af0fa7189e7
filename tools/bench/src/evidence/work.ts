import { createSealer, parseSignerKey, verifyStore } from "@agent-assembly/evidence";
import { openStorage, type StorageOptions } from "@agent-assembly/storage";

/** What the program is asked to do, and what it answers. */
export interface Work {
  readonly work: "seal" | "verify" | "run";
  readonly options: StorageOptions;
  readonly key: string;
}

/** What `seal` and `verify` print. */
export interface Worked {
  /** Events that were sealed, or compared. */
  readonly events: number;
  /** Of this process. */
  readonly cpuSeconds: number;
  readonly seconds: number;
  /** The most memory that the process had. */
  readonly peakBytes: number;
}

/**
 * Run as a program of its own, so that its time and memory are its own. `run` seals from each message `on` to the next `off`, and
 * answers when nothing is left to seal.
 */
const { work, options, key: signerKey } = JSON.parse(process.argv[2] as string) as Work;
const storage = await openStorage(options);
const key = parseSignerKey(signerKey);
const sealer = createSealer(storage, { key });

if (work === "run") {
  let end = new AbortController();
  let running: Promise<void> = Promise.resolve();
  process.on("message", async (message) => {
    if (message === "on") {
      end = new AbortController();
      running = createSealer(storage, { key }).run({ signal: end.signal });
    } else {
      end.abort();
      await running;
      await sealer.sealOnce();
    }
    if (message !== "end") return process.send?.("done");
    await storage.close();
    process.disconnect();
  });
  process.send?.("ready");
} else {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const { events, findings } =
    work === "seal" ? { ...(await sealer.sealOnce()), findings: [] } : await verifyStore(storage);
  if (findings.length > 0) throw new Error(`the store is not as it was sealed: ${findings[0]?.detail}`);
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  console.log(JSON.stringify({ events, cpuSeconds: (user + system) / 1e6, seconds, peakBytes } satisfies Worked));
  await storage.close();
}
