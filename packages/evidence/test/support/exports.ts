import { createHash } from "node:crypto";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { canonicalJson } from "@agent-assembly/storage-core";
import {
  type ExportOptions,
  type ExportReport,
  type VerifyExportOptions,
  verifyExport,
  writeExport,
} from "../../src/index.js";
import { KEYS, type MemoryLog } from "./memory-log.js";

/** A folder for one test, which is removed behind it. */
export async function withFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), "evidence-test-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Writes an export, changes it, and verifies it. */
export async function verified(
  log: MemoryLog,
  options: ExportOptions & { readonly verify?: Partial<VerifyExportOptions> } = {},
  change: (folder: string) => Promise<void> = async () => undefined,
): Promise<ExportReport> {
  return withFolder(async (parent) => {
    const { folder } = await writeExport(log, join(parent, "x"), options);
    await change(folder);
    return verifyExport(folder, { keys: KEYS, ...options.verify });
  });
}

/** Findings in short. */
export function found({ findings }: ExportReport): string[] {
  return findings.map(({ code, leaf }) => (leaf === undefined ? code : `${code} ${leaf}`));
}

/** Paths of all files below a folder. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).split("\\").join("/"))
    .sort();
}

export async function linesOf(folder: string, path: string): Promise<string[]> {
  return (await readFile(join(folder, path), "utf8")).split("\n").slice(0, -1);
}

/** Writes the manifest anew for what lies in the folder, as one who changes an export would. */
export async function remakeManifest(folder: string, header: Record<string, unknown> = {}): Promise<void> {
  const [first = ""] = await linesOf(folder, "manifest.jsonl");
  const lines = [canonicalJson({ ...JSON.parse(first), ...header })];
  for (const path of await filesIn(folder)) {
    if (path === "manifest.jsonl") continue;
    const bytes = await readFile(join(folder, path));
    lines.push(canonicalJson({ bytes: bytes.length, path, sha256: createHash("sha256").update(bytes).digest("hex") }));
  }
  const text = lines.map((line) => `${line}\n`).join("");
  const end = canonicalJson({ sha256: createHash("sha256").update(text).digest("hex") });
  await writeFile(join(folder, "manifest.jsonl"), `${text}${end}\n`);
}
