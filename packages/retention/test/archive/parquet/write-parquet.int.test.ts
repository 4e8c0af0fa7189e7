import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AuditEvent } from "@agent-assembly/storage-core";
import { DuckDBInstance } from "@duckdb/node-api";
import { parquetMetadata, parquetReadObjects } from "hyparquet";
import { expect, it, onTestFinished } from "vitest";
import { writeParquet } from "../../../src/index.js";
import { archive, eventNumber, eventNumbers, streamOf } from "../support/events.js";
import { openFolder } from "../support/open.js";
import { tempFolder } from "../support/temp-folder.js";

async function encode(events: readonly AuditEvent[]): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  const rows = await writeParquet(streamOf(events), async (bytes) => void pieces.push(bytes));
  expect(rows).toBe(events.length);
  return Buffer.concat(pieces);
}

const arrayBuffer = (bytes: Buffer): ArrayBuffer => new Uint8Array(bytes).buffer;

it("DuckDB reads it, each event with what it holds", async () => {
  const events = [...eventNumbers(12_000), eventNumber(90_000, { teamId: "t", payload: { text: "\u0000 \ud800" } })];
  const path = join(tempFolder(), "events.parquet");
  await writeFile(path, await encode(events));
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  onTestFinished(() => {
    connection.closeSync();
    instance.closeSync();
  });
  const last = events[12_000] as AuditEvent;
  const found = await connection.runAndReadAll(
    `SELECT (SELECT count(*)::INT FROM '${path}') AS n, team_id, epoch_ms(ts)::BIGINT AS ts, payload
      FROM '${path}' WHERE event_id = '${last.eventId}'`,
  );
  expect(found.getRowObjectsJS()).toEqual([
    { n: 12_001, team_id: "t", ts: BigInt(last.ts.getTime()), payload: '{"text":"\\u0000 \\ud800"}' },
  ]);
});

it("it has the columns of archived files, and belongs to no archive", async () => {
  const folder = tempFolder();
  const manifest = await archive(await openFolder(folder), "a", eventNumbers(3));
  const metadata = parquetMetadata(arrayBuffer(await encode(eventNumbers(3))));
  expect(metadata.schema.slice(1).map(({ name }) => name)).toEqual(manifest.schema.map(({ name }) => name));
  expect(metadata.key_value_metadata?.map(({ key }) => key)).toEqual([
    "agent-assembly.format",
    "agent-assembly.format-version",
    "agent-assembly.row-group-sha256",
  ]);
});

it("no events are a file without rows", async () => {
  expect(await parquetReadObjects({ file: arrayBuffer(await encode([])) })).toEqual([]);
});

it("ends with the reason of the signal, or with what the output says", async () => {
  const stop = new AbortController();
  stop.abort(new Error("stop"));
  const nothing = async (): Promise<void> => undefined;
  await expect(writeParquet(streamOf<AuditEvent>([]), nothing, { signal: stop.signal })).rejects.toThrow("stop");
  const full = async (): Promise<void> => {
    throw new Error("full");
  };
  await expect(writeParquet(streamOf(eventNumbers(2)), full)).rejects.toThrow("full");
});
