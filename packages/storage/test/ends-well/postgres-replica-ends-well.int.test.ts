import { createDatabase, startPostgres } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, test } from "vitest";
import { builtForgetful, expectAnswersAll, expectEndsByItself } from "../support/forgetful.js";

const program = await builtForgetful();

describeNeeding("own-servers", "a program on PostgreSQL with a replica", async () => {
  const primary = await startPostgres({ timescaledb: false, fsync: false });
  afterAll(primary.stop);
  if (primary.programs === undefined) {
    test.skip("the server runs in Docker, which gives no standby");
    return;
  }
  const { url } = await createDatabase(primary.url, "ends_well");
  const standby = await startPostgres({ timescaledb: false, fsync: false, standbyOf: primary });
  afterAll(standby.stop);
  const replica = new URL(standby.url);
  replica.pathname = new URL(url).pathname;
  const options = { backend: "postgres", url, replicaUrl: replica.href, timescaledb: "off", migrate: "auto" } as const;

  test("ends without close(), and has stored what was acknowledged", () => expectEndsByItself(program, options));
  test("answers all appends when it is asked to stop", () => expectAnswersAll(program, options));
});
