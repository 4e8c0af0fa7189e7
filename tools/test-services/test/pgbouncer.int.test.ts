import postgres from "postgres";
import { expect, it, onTestFinished } from "vitest";
import { createDatabase, startPgBouncer } from "../src/index.js";
import { commandLine } from "../src/process/processes.js";
import { needing } from "../src/vitest/needing.js";
import { serverOf } from "./support/shared-server.js";

it(...needing("postgres", "lends connections per transaction"), async () => {
  const { url: serverUrl } = serverOf("postgres");
  const database = await createDatabase(serverUrl, "pooled");
  onTestFinished(database.drop);
  const settings = { default_pool_size: "1" };
  const bouncer = await startPgBouncer({ serverUrl, poolMode: "transaction", settings });
  onTestFinished(() => bouncer.stop());
  const clients = [1, 2].map(() => postgres(bouncer.url(database.name), { max: 1 }));
  const answers = await Promise.all(
    clients.map((sql) => sql`SELECT pg_backend_pid() AS pid, current_database() AS name`),
  );
  expect(answers[0]?.[0]?.name).toBe(database.name);
  // Both clients stay connected, and share the one server connection.
  expect(answers[1]?.[0]?.pid).toBe(answers[0]?.[0]?.pid);
  await Promise.all(clients.map((sql) => sql.end()));
  await bouncer.stop();
  await bouncer.stop();
  expect(commandLine(bouncer.pid)).toBeUndefined();
});
