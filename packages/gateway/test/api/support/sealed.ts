import { createSealer, generateSignerKey, parseSignerKey, type Sealer } from "@agent-assembly/evidence";
import Database from "better-sqlite3";
import { sentEvent, store } from "./events.js";
import { type TestApi, type TestApiOptions, testApi } from "./test-api.js";

/** An API over a sealed store. */
export interface SealedApi {
  readonly api: TestApi;
  readonly sealer: Sealer;
  readonly verifierKey: string;
  /** Leaves under the checkpoint. */
  readonly size: number;
  /** Of the SQLite file. */
  readonly path: string;
}

/** Seals 300 events, and signs a checkpoint. @param api a SQLite file of its own where it is not given */
export async function sealedApi(options: TestApiOptions = {}, api?: TestApi): Promise<SealedApi> {
  const own = api ?? (await testApi(options));
  const { signerKey, verifierKey } = generateSignerKey("test.example/log");
  const sealer = createSealer(own.storage, { key: parseSignerKey(signerKey), origin: "test.example/log" });
  await sealer.init();
  await store(own, ...Array.from({ length: 300 }, () => sentEvent()));
  await sealer.sealOnce();
  const { size = 0 } = (await own.storage.evidenceSupport?.log()) ?? {};
  return { api: own, sealer, verifierKey, size, path: own.storage.location ?? "" };
}

/** Changes a SQLite store past its API. */
export function changeBySql(path: string, sql: string): void {
  const db = new Database(path);
  try {
    db.prepare(sql).run();
  } finally {
    db.close();
  }
}
