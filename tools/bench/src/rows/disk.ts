import { existsSync, statfsSync } from "node:fs";
import type { RowStore } from "./stores.js";

/**
 * Bytes on disk for an event while it is measured. SQLite has the file and its backup; PostgreSQL has tables, indexes and
 * the part of the write-ahead log that a checkpoint leaves.
 */
const BYTES_PER_EVENT: Readonly<Record<RowStore, number>> = {
  sqlite: 1600,
  postgres: 1500,
  "timescale-apache": 1500,
  "timescale-community": 1500,
};
/** What a store takes however few events it has. */
const BASE_BYTES = 2e9;

export function neededBytes(store: RowStore, rows: number): number {
  return BASE_BYTES + rows * BYTES_PER_EVENT[store];
}

/** A folder whose disk has too little room. */
export class NotEnoughSpace extends Error {}

/**
 * Refuses to fill a disk.
 * @param folder where the store will be; one that is not on this machine is not checked
 * @throws NotEnoughSpace with the size that is needed and the size that is free
 */
export function requireSpace(store: RowStore, rows: number, folder: string, free = freeBytes(folder)): void {
  const needed = neededBytes(store, rows);
  if (free === undefined || free >= needed) return;
  throw new NotEnoughSpace(
    `${rows.toLocaleString("en-US")} events on ${store} need ${gigabytes(needed)} on the disk of ${folder}, and ${gigabytes(free)} are free`,
  );
}

function freeBytes(folder: string): number | undefined {
  if (!existsSync(folder)) return undefined;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}
