import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { AuditEvent } from "@agent-assembly/storage-core";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { columnsOf, PARQUET_SCHEMA } from "../../../src/archive/parquet/columns.js";
import { fileMetadata } from "../../../src/archive/parquet/file-metadata.js";
import { byteRange, type PieceDigests } from "../../../src/archive/parquet/row-group-bytes.js";
import { archive, rowOf } from "./events.js";
import { openFolder } from "./open.js";
import { tempFolder } from "./temp-folder.js";

const MANIFEST = "_manifests/dataset=audit/2026-03-01_a.json";
export const FILE = "dataset=audit/date=2026-03-01/a-0001.parquet";

/** How a file lies. */
export interface Lies {
  /** Row groups; default one with all events. */
  readonly groups?: readonly (readonly AuditEvent[])[];
  /** Changes what the footer will say. */
  readonly footer?: (parquet: ParquetWriter) => void;
  /** Compresses a page to what it likes. */
  readonly compress?: (page: Uint8Array) => Uint8Array;
  /** Stands for the whole footer: metadata without its length and "PAR1". */
  readonly rawFooter?: Uint8Array;
  readonly manifest?: (manifest: Record<string, unknown>) => void;
}

/** The bytes of a file whose digests are right, and where its footer begins. */
export function lyingFile(events: readonly AuditEvent[], lies: Lies): { bytes: Uint8Array; footer: number } {
  const buffer = new ByteWriter();
  const compress = lies.compress ?? ((page) => gzipSync(page));
  const parquet = new ParquetWriter({
    writer: buffer,
    schema: PARQUET_SCHEMA,
    codec: "GZIP",
    compressors: { GZIP: compress },
  });
  for (const group of lies.groups ?? [events]) {
    parquet.write({ columnData: columnsOf(group.map(rowOf)), rowGroupSize: Math.max(1, group.length) });
  }
  const written = buffer.getBytes();
  const digests = parquet.row_groups.map(
    (group): PieceDigests => [
      sha256(written.subarray(...byteRange(group, "keys"))),
      sha256(written.subarray(...byteRange(group, "payload"))),
    ],
  );
  const footer = written.length;
  parquet.kvMetadata = fileMetadata("a", digests, 1);
  if (lies.rawFooter !== undefined) {
    const end = Buffer.alloc(8);
    end.writeUInt32LE(lies.rawFooter.length);
    end.write("PAR1", 4);
    return { bytes: Buffer.concat([written, lies.rawFooter, end]), footer };
  }
  lies.footer?.(parquet);
  parquet.finish();
  return { bytes: buffer.getBytes(), footer };
}

/** The folder of an archive whose digests are all right, and whose file lies. */
export async function hostileArchive(events: readonly AuditEvent[], lies: Lies): Promise<string> {
  const folder = tempFolder();
  await archive(await openFolder(folder), "a", events);
  const { bytes, footer } = lyingFile(events, lies);
  writeFileSync(join(folder, FILE), bytes);
  changeManifest(folder, (manifest) => {
    const [file] = manifest.files as Record<string, unknown>[];
    Object.assign(file as object, {
      bytes: bytes.length,
      sha256: sha256(bytes),
      footer: { bytes: bytes.length - footer, sha256: sha256(bytes.subarray(footer)) },
    });
    manifest.bytes = bytes.length;
    lies.manifest?.(manifest);
  });
  return folder;
}

export function changeManifest(folder: string, change: (manifest: Record<string, unknown>) => void): void {
  const path = join(folder, MANIFEST);
  const manifest = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  change(manifest);
  writeFileSync(path, JSON.stringify(manifest));
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
