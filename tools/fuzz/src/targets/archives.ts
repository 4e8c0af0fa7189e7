import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { openArchive, restoreArchive } from "@agent-assembly/retention";
import type { AuditEvent } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import fc from "fast-check";
import { withMember } from "../support/changed-files.js";
import { junk } from "../support/junk.js";
import { type Changes, changed, changes } from "../support/mutate.js";
import { answered } from "../support/refusal.js";
import { NOW, openStores } from "../support/stores.js";
import { defineTarget } from "../target.js";

const DAY_MS = 86_400_000;
const FROM = NOW - (NOW % DAY_MS);

/** How a valid archive is changed. */
type Input =
  | { readonly kind: "manifest"; readonly changes: Changes }
  | { readonly kind: "member"; readonly path: number; readonly value: unknown }
  /** A user who can change a file can change its digests in the manifest, too. */
  | { readonly kind: "file"; readonly changes: Changes; readonly forged: boolean };

const input: fc.Arbitrary<Input> = fc.oneof(
  fc.record({ kind: fc.constant("manifest" as const), changes }),
  fc.record({
    kind: fc.constant("member" as const),
    path: fc.nat({ max: 200 }),
    value: fc.oneof(
      fc.jsonValue({ maxDepth: 2 }),
      junk.filter(isJson),
      fc.constantFrom("../../../etc/passwd", "/dev/zero"),
    ),
  }),
  fc.record({ kind: fc.constant("file" as const), changes, forged: fc.boolean() }),
);

/** Archives whose manifests and Parquet files others have changed. */
export const archives = defineTarget<Input>(async (context) => {
  const original = await writeArchive(context.folder);
  const copy = join(context.folder, "copy");
  return {
    input,
    async enter(how) {
      rmSync(copy, { recursive: true, force: true });
      for (const [path, bytes] of tampered(original, how)) {
        mkdirSync(dirname(join(copy, path)), { recursive: true });
        writeFileSync(join(copy, path), bytes);
      }
      await using archive = await openArchive(pathToFileURL(copy).href, { access: "read" });
      await answered("manifests", () => all(archive.manifests()));
      await answered("verify", () => all(archive.verify()));
      await answered("events", () => all(archive.events()));
      await answered("filtered events", () => all(archive.events({ agentId: "agent-1" }, { order: "newest" })));
      await using store = openMemoryStorage();
      await answered("restore", () => restoreArchive(archive, store));
    },
    close: async () => undefined,
  };
});

/** @returns its files by their paths */
async function writeArchive(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const root = join(folder, "original");
  const [store, ...others] = await openStores({ folder, postgresUrl: undefined });
  if (store === undefined) throw new Error("there is no store");
  const partitions = await store.partitions.list("audit");
  const partition = partitions.find(({ from }) => from.getTime() === FROM);
  if (partition === undefined) throw new Error("there is no partition to archive");
  await using archive = await openArchive(pathToFileURL(root).href);
  const entry = { archiveId: "fuzz", partition };
  await archive.publish(await archive.write(entry, store.retentionSupport.readRows(partition)));
  await Promise.all([store, ...others].map((one) => one.close()));
  const names = readdirSync(root, { recursive: true, encoding: "utf8", withFileTypes: true }).filter((one) =>
    one.isFile(),
  );
  const paths = names.map((one) => join(one.parentPath, one.name));
  return new Map(paths.map((path) => [relative(root, path), readFileSync(path)]));
}

function tampered(original: ReadonlyMap<string, Uint8Array>, how: Input): ReadonlyMap<string, Uint8Array> {
  const files = new Map(original);
  const manifestPath = [...files.keys()].find((path) => path.endsWith(".json"));
  const filePath = [...files.keys()].find((path) => path.endsWith(".parquet"));
  if (manifestPath === undefined || filePath === undefined) throw new Error("the archive lacks a file");
  const manifest = files.get(manifestPath) as Uint8Array;
  if (how.kind === "manifest") files.set(manifestPath, changed(manifest, how.changes));
  if (how.kind === "member")
    files.set(manifestPath, Buffer.from(withMember(Buffer.from(manifest).toString(), how.path, how.value)));
  if (how.kind === "file") {
    const bytes = changed(files.get(filePath) as Uint8Array, how.changes);
    files.set(filePath, bytes);
    if (how.forged) files.set(manifestPath, Buffer.from(withDigests(manifest, bytes)));
  }
  return files;
}

function withDigests(manifest: Uint8Array, bytes: Uint8Array): string {
  const root = JSON.parse(Buffer.from(manifest).toString()) as { bytes: number; files: Record<string, unknown>[] };
  const digest = (part: Uint8Array): string => createHash("sha256").update(part).digest("hex");
  root.bytes = bytes.length;
  for (const file of root.files) {
    const { bytes: footerBytes } = file.footer as { bytes: number };
    Object.assign(file, {
      bytes: bytes.length,
      sha256: digest(bytes),
      footer: { bytes: footerBytes, sha256: digest(bytes.subarray(Math.max(0, bytes.length - footerBytes))) },
    });
  }
  return JSON.stringify(root);
}

async function all(items: AsyncIterable<AuditEvent | object>): Promise<void> {
  for await (const _ of items);
}

function isJson(value: unknown): boolean {
  return typeof value === "string" || typeof value === "number" || value === null;
}
