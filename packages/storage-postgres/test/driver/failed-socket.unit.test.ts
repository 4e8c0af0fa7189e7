import { createServer } from "node:net";
import { expect, it } from "vitest";
import { Pool } from "../../src/driver/pool.js";
import { parsePostgresOptions } from "../../src/options.js";

it("a pool goes on trying after more failed attempts than it has connections", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const resolved = parsePostgresOptions({ url: `postgres://app@127.0.0.1:${port}/db` });
  const pool = new Pool({ ...resolved, maxConnections: 2, applicationName: "aasm test" });
  // Without the work-around the third waits for a connection that never comes.
  for (let attempt = 0; attempt < 6; attempt++) {
    await expect(pool.run((sql) => sql`SELECT 1`)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  }
  await pool.close(0);
});
