import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { AuditEvent, AuditStore, JsonObject, NewAuditEvent } from "@agent-assembly/storage-core";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import type { Format } from "../../src/formats/format.js";
import {
  type ReadTranscriptOptions,
  readTranscript,
  type StoreReport,
  storeTranscript,
  type TranscriptItem,
} from "../../src/index.js";
import { readDocuments } from "../../src/json/read-documents.js";

/** Bytes in pieces of one size, so that characters and lines fall apart. */
export async function* bytes(text: string | Uint8Array, size = 1000): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(text);
  for (let start = 0; start < all.length; start += size) yield all.subarray(start, start + size);
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function read(source: string | Uint8Array, options: ReadTranscriptOptions = {}): Promise<TranscriptItem[]> {
  return collect(readTranscript(bytes(source), options));
}

export function readJson(value: unknown, options: ReadTranscriptOptions = {}): Promise<TranscriptItem[]> {
  return read(JSON.stringify(value), options);
}

/** Reads a document as one that is too large for one value. */
export async function readInParts(format: Format, value: unknown, partLength: number): Promise<TranscriptItem[]> {
  const reader = format.open({
    agentId: undefined,
    timeZone: "UTC",
    decision: "observed",
    start: new Date("2024-01-01T00:00:00.000Z"),
  });
  const items: TranscriptItem[] = [];
  for await (const document of readDocuments(bytes(JSON.stringify(value, undefined, 1)), { partLength })) {
    if ("problem" in document) throw new Error(document.problem);
    items.push(...reader.read(document));
  }
  return [...items, ...reader.end()];
}

export function fixtureBytes(name: string): Promise<Buffer> {
  return readFile(new URL(`../fixtures/${name}`, import.meta.url));
}

export function readFixture(name: string, options: ReadTranscriptOptions = {}): Promise<TranscriptItem[]> {
  return collect(
    readTranscript(createReadStream(fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url))), options),
  );
}

export function eventsOf(items: readonly TranscriptItem[]): NewAuditEvent[] {
  return items.flatMap((item) => ("event" in item ? [item.event] : []));
}

export function payloadsOf(items: readonly TranscriptItem[]): JsonObject[] {
  return eventsOf(items).map(({ payload }) => payload as JsonObject);
}

/** `CODE at LINE POINTER: REASON` of each problem. */
export function problemsOf(items: readonly TranscriptItem[]): string[] {
  return items.flatMap((item) => {
    if ("event" in item) return [];
    const { code, place, reason } = item.problem;
    return [`${code} at ${[place.line ?? "", place.pointer ?? ""].join(" ").trim()}: ${reason}`];
  });
}

export function formatsOf(items: readonly TranscriptItem[]): string[] {
  return [...new Set(items.flatMap((item) => ("event" in item ? [item.format] : [])))];
}

/** Stores sources one after the other in one store. */
export async function storeAll(
  sources: readonly (string | Uint8Array)[],
  options: ReadTranscriptOptions = {},
): Promise<{ readonly reports: StoreReport[]; readonly events: AuditEvent[] }> {
  const storage = await openMemoryStorage();
  const reports: StoreReport[] = [];
  for (const source of sources) {
    reports.push(await storeTranscript(storage.audit, readTranscript(bytes(source), options)));
  }
  const events = await stored(storage.audit);
  await storage.close();
  return { reports, events };
}

export function stored(audit: Pick<AuditStore, "stream">): Promise<AuditEvent[]> {
  return collect(audit.stream());
}
