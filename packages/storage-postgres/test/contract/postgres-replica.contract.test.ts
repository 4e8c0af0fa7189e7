import { CONTRACT_CASES, runStorageContract } from "@agent-assembly/storage-contract";
import { postgresHarness } from "@agent-assembly/storage-postgres/testing";
import { createDatabase, startPostgres } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, describe, it } from "vitest";

/** The replica follows asynchronously, as most do: own writes are seen all the same. */
describeNeeding("own-servers", "a store with a replica", async () => {
  const primary = await startPostgres({ timescaledb: false, fsync: false });
  afterAll(primary.stop);
  if (primary.programs === undefined) {
    it.skip("the server runs in Docker, which gives no standby");
    return;
  }
  const { url } = await createDatabase(primary.url, "contract");
  const standby = await startPostgres({ timescaledb: false, fsync: false, standbyOf: primary });
  afterAll(standby.stop);
  const replicaUrl = new URL(standby.url);
  replicaUrl.pathname = new URL(url).pathname;
  const options = { url, replicaUrl: replicaUrl.href, timescaledb: "off" } as const;
  runStorageContract(postgresHarness("postgres with a replica", options), {
    describe,
    afterAll,
    it,
    cases: CONTRACT_CASES,
  });
});
