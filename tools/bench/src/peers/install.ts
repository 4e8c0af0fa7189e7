import { execFile } from "node:child_process";
import { mkdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { interrupted } from "../interruption.js";
import type { PeerPackages } from "./versions.js";

const run = promisify(execFile);
const workspace = createRequire(import.meta.url);
const LONGEST_MS = 900_000;
/** The file through which what is installed is imported. */
const ENTRY = "entry.mjs";

/**
 * Installs a peer into a folder of its own, with npm: nothing of it reaches the workspace.
 * @returns the module to import, whose default export is the first package's namespace
 * @throws an error whose message is one line that says why it could not be installed
 */
export async function installPeer(
  folder: string,
  { packages, build = [], shared = [] }: PeerPackages,
): Promise<string> {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: packages }));
  await npm(folder, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-package-lock", "--fetch-retries=1");
  for (const name of shared) share(folder, name);
  for (const name of build) await npm(folder, "rebuild", name);
  const entry = join(folder, ENTRY);
  writeFileSync(entry, `export * as default from ${JSON.stringify(Object.keys(packages)[0])};\n`);
  return entry;
}

function share(folder: string, name: string): void {
  const installed = join(folder, "node_modules", name);
  rmSync(installed, { recursive: true, force: true });
  symlinkSync(realpathSync(dirname(workspace.resolve(`${name}/package.json`))), installed, "junction");
}

async function npm(folder: string, ...args: string[]): Promise<void> {
  try {
    const shell = process.platform === "win32";
    await run("npm", args, { cwd: folder, timeout: LONGEST_MS, signal: interrupted, maxBuffer: 1 << 26, shell });
  } catch (error) {
    throw new Error(`npm ${args[0]} failed: ${npmReason(error as Error & { stderr?: string; killed?: boolean })}`);
  }
}

/** What npm says of why: its code, and the first line that is a sentence. */
export function npmReason({ message, stderr = "", killed }: Error & { stderr?: string; killed?: boolean }): string {
  if (killed === true) return `it took more than ${LONGEST_MS / 60_000} minutes`;
  const lines = [...stderr.matchAll(/^npm error (.+)$/gm)].map(([, line = ""]) => line.trim());
  const code = lines.find((line) => line.startsWith("code "))?.slice("code ".length);
  const sentence = lines.find((line) => !/^(code|syscall|errno|path|command|A complete log|\d+$)/.test(line));
  const found = [code, sentence].filter((part) => part !== undefined);
  return found.length > 0 ? found.join(": ") : (message.split("\n", 1)[0] as string);
}
