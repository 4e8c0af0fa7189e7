import { createHash } from "node:crypto";
import { canonicalJson, type JsonObject } from "@agent-assembly/storage-core";
import { isIndex, parseCanonicalJson, recordOf } from "./canonical.js";
import { timeOf } from "./event-line.js";
import { EXPORT_FORMAT, EXPORT_VERSION, isExportPath } from "./layout.js";

/** What an export says it is. Nothing signs this: it says where to look, and what was damaged on the way. */
export interface ExportHeader {
  /** First instant of the range; null for no limit. */
  readonly from: Date | null;
  /** First instant behind the range; null for no limit. */
  readonly to: Date | null;
  /** Of the checkpoint. */
  readonly origin: string;
  /** Of the checkpoint, in leaves. */
  readonly size: number;
  /** Whether all tiles of the tree are there. */
  readonly whole: boolean;
}

/** A file of an export as it was written. */
export interface FileDigest {
  readonly bytes: number;
  /** 32 bytes as lower-case hexadecimal digits. */
  readonly sha256: string;
}

const HEX = /^[0-9a-f]{64}$/;

/** The text of `manifest.jsonl`. */
export function encodeManifest(header: ExportHeader, files: ReadonlyMap<string, FileDigest>): string {
  const { from, to, origin, size, whole } = header;
  const times = { from: from?.toISOString() ?? null, to: to?.toISOString() ?? null };
  const lines: JsonObject[] = [{ ...times, format: EXPORT_FORMAT, origin, size, v: EXPORT_VERSION, whole }];
  for (const [path, digest] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) lines.push({ ...digest, path });
  const text = lines.map((line) => `${canonicalJson(line)}\n`).join("");
  return `${text}${canonicalJson({ sha256: createHash("sha256").update(text).digest("hex") })}\n`;
}

/** Reads a manifest line by line. */
export class ManifestParser {
  header: ExportHeader | undefined;
  readonly files = new Map<string, FileDigest>();
  readonly #hash = createHash("sha256");
  #end: string | undefined;
  #last = "";

  /** @returns what is wrong with the line, as the rest of a sentence; `undefined` when it is right */
  add(text: string): string | undefined {
    if (this.#end !== undefined) return "stands behind the end of the manifest";
    const value = parseCanonicalJson(text);
    const end = recordOf(value, ["sha256"]);
    if (end !== undefined) {
      this.#end = end.sha256 as string;
      return this.#hash.digest("hex") === this.#end ? undefined : "has another SHA-256 than that of the lines before";
    }
    this.#hash.update(`${text}\n`);
    if (this.header === undefined) {
      this.header = headerOf(value);
      return this.header === undefined ? `is not that of a ${EXPORT_FORMAT} of version ${EXPORT_VERSION}` : undefined;
    }
    const file = recordOf(value, ["bytes", "path", "sha256"]);
    const { bytes, path, sha256 } = file ?? {};
    if (!isIndex(bytes) || typeof path !== "string" || typeof sha256 !== "string" || !HEX.test(sha256)) {
      return "does not describe a file";
    }
    if (!isExportPath(path)) return "names a file that no export has";
    if (path <= this.#last) return "names a file out of order, or a second time";
    this.#last = path;
    this.files.set(path, { bytes, sha256 });
    return undefined;
  }

  /** Whether the last line was there. */
  get isComplete(): boolean {
    return this.#end !== undefined;
  }
}

function headerOf(value: Parameters<typeof recordOf>[0]): ExportHeader | undefined {
  const line = recordOf(value, ["format", "from", "origin", "size", "to", "v", "whole"]);
  if (line === undefined || line.format !== EXPORT_FORMAT || line.v !== EXPORT_VERSION) return undefined;
  const { origin, size, whole } = line;
  const [from, to] = [line.from === null ? null : timeOf(line.from), line.to === null ? null : timeOf(line.to)];
  if (from === undefined || to === undefined || typeof origin !== "string") return undefined;
  return isIndex(size) && typeof whole === "boolean" ? { from, to, origin, size, whole } : undefined;
}
