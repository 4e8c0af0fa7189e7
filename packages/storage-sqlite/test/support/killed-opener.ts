import { spawn } from "node:child_process";

/**
 * Lets a process begin to open a database and kills it `delayMs` later; resolves when it is gone.
 * @param program built from `fixtures/open-and-stay.mjs`
 */
export function openAndKill(program: string, path: string, delayMs: number): Promise<void> {
  const child = spawn(process.execPath, [program, path], { stdio: ["ignore", "pipe", "inherit"] });
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
