import { createDatabase } from "@agent-assembly/test-services";
import { describeNeeding } from "@agent-assembly/test-services/needing";
import { afterAll, inject, test } from "vitest";
import { builtForgetful, expectAnswersAll, expectEndsByItself } from "../support/forgetful.js";

const program = await builtForgetful();

describeNeeding("postgres", "a program on PostgreSQL", async () => {
  const server = inject("services").profiles.find(({ name }) => name === "postgres");
  const { url, drop } = await createDatabase(server?.url ?? "", "ends_well");
  afterAll(drop);
  const options = { backend: "postgres", url, timescaledb: "off", migrate: "auto" } as const;

  test("that forgets close() ends by itself, with everything stored", () => expectEndsByItself(program, options));

  test("answers on SIGTERM, by close(), every append that was made", () => expectAnswersAll(program, options));
});
