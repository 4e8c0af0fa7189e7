import { spawn } from "node:child_process";
import { distUrl } from "./child.js";

const SCRIPT = `
import { openConnections } from ${JSON.stringify(distUrl("connection.js"))};
import { resolveSqliteOptions } from ${JSON.stringify(distUrl("options.js"))};
process.stdout.write("ready");
setImmediate(() => openConnections(resolveSqliteOptions({ path: process.argv[1] })));
setInterval(() => undefined, 1000);
`;

/** Lets a process begin to open a database and kills it `delayMs` later; resolves when it is gone. */
export function openAndKill(path: string, delayMs: number): Promise<void> {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", SCRIPT, "--", path], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  return new Promise((resolve, reject) => {
    child.stdout.once("data", () => {
      // A timer would be too coarse for what takes a few milliseconds.
      for (const end = performance.now() + delayMs; performance.now() < end; );
      child.kill("SIGKILL");
    });
    child.on("error", reject);
    child.on("close", () => resolve());
  });
}
