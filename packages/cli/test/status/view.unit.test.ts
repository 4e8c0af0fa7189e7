import { expect, test } from "vitest";
import type { StatusReport } from "../../src/commands/status/report.js";
import { renderDetails } from "../../src/commands/status/view.js";

const fieldsOf = (backend: string, details: StatusReport["health"]["details"], location: string | null = null) =>
  renderDetails({ backend, location, health: { details } } as unknown as StatusReport);

test("TimescaleDB's figures read as sentences", () => {
  expect(
    fieldsOf("postgres", {
      place: "db:5432/main",
      schema: "public",
      timescaledb: "community",
      timescaledbVersion: "2.29.2",
      databaseBytes: 2048,
      chunks: 1200,
      compressedChunks: 400,
      compressionRatio: 4.66,
      oldestChunk: "2026-01-01T00:00:00.000Z",
      failedJobs: 2,
    }).filter(([, value]) => value !== undefined),
  ).toEqual([
    ["timescaledb", "Community edition, version 2.29.2"],
    ["chunks", "1,200, 400 of them compressed, 4.7 times smaller"],
    ["oldest chunk", "2026-01-01 00:00:00Z"],
    ["failed jobs", "2"],
    ["schema", "public"],
    ["database bytes", "2.0 KiB"],
  ]);
});

test("other backends show what they have, without repeating the location", () => {
  expect(fieldsOf("sqlite", { path: "/a.db", walBytes: 0, chunks: 3, journalMode: "wal" }, "/a.db")).toEqual([
    ["wal bytes", "0 B"],
    ["chunks", "3"],
    ["journal mode", "wal"],
  ]);
});

test("a replica reads as a sentence", () => {
  const details = { replica: "db2:5432/main", readsOnReplica: 1200, readsOnPrimary: 3 };
  const known = { ...details, replicaLagMs: 40, replicaLagBytes: 16_384 };
  expect(fieldsOf("postgres", known)).toEqual([
    ["replica", "db2:5432/main, 40 ms (16.0 KiB) behind; answered 1,200 reads, and the primary 3"],
  ]);
  expect(fieldsOf("postgres", details)).toEqual([
    ["replica", "db2:5432/main, lag unknown; answered 1,200 reads, and the primary 3"],
  ]);
});
