import { randomBytes } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Context } from "../../context.js";

/** What a running gateway leaves for commands of the same user: where it is, and the key that makes links to its page. */
export interface RuntimeFile {
  readonly url: string;
  readonly pid: number;
  /** A secret of the process. */
  readonly key: string;
}

/** A new key of a process. */
export function makeKey(): string {
  return randomBytes(32).toString("base64url");
}

/** Where a gateway on a port leaves its file. */
function pathOf(context: Context, port: number): string {
  return context.resolvePath(`~/.aasm/gateway-${port}.json`);
}

/** Writes the file so that no other user can read it. @returns removes it */
export async function writeRuntimeFile(context: Context, file: RuntimeFile): Promise<() => Promise<void>> {
  const path = pathOf(context, portOf(file.url));
  await mkdir(dirname(path), { recursive: true });
  // One that a killed gateway left would keep its mode.
  await rm(path, { force: true });
  await writeFile(path, `${JSON.stringify(file)}\n`, { mode: 0o600, flag: "wx" });
  return async () => {
    const now = await readRuntimeFile(context, portOf(file.url));
    if (now?.key === file.key) await rm(path, { force: true });
  };
}

/** @returns `undefined` where there is none, or none that makes sense */
export async function readRuntimeFile(context: Context, port: number): Promise<RuntimeFile | undefined> {
  let text: string;
  try {
    text = await readFile(pathOf(context, port), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return parse(text);
}

function parse(text: string): RuntimeFile | undefined {
  try {
    const file = JSON.parse(text) as Partial<RuntimeFile> | null;
    const isWhole = typeof file?.url === "string" && typeof file.key === "string" && typeof file.pid === "number";
    return isWhole ? (file as RuntimeFile) : undefined;
  } catch (error) {
    // It is being written, or was cut off.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return port === "" ? (protocol === "https:" ? 443 : 80) : Number(port);
}
