import { type Exclusion, runStorageContract } from "@agent-assembly/storage-contract";
import { postgresHarness } from "@agent-assembly/storage-postgres/testing";
import { createDatabase, startPostgres } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, describe, it } from "vitest";

const OF_ANOTHER_HANDLE: readonly Exclusion[] = [
  {
    id: "metrics.counter.other-handle",
    reason:
      "a handle reads what another one has recorded a moment ago; with a replica, only own writes are seen at once",
  },
];

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
  const harness = postgresHarness("postgres with a replica", options);
  runStorageContract(harness, { describe, afterAll, it, exclusions: OF_ANOTHER_HANDLE });
});
