import { loadConfig, openStorage } from "@agent-assembly/storage";
import { serve } from "@hono/node-server";
import { createGateway } from "./gateway.js";
import { tools } from "./tools.js";

const storage = await openStorage(await loadConfig());
const stopping = new AbortController();
const { app, idle } = await createGateway(storage, { tools, signal: stopping.signal });

const port = Number(process.env.PORT ?? 8787);
const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port }, (address) => {
  console.log(`listening on http://127.0.0.1:${address.port}`);
});

/** Refuses new connections, answers the requests in flight, and then closes the store. A second signal ends at once. */
async function shutDown() {
  process.once("SIGINT", () => process.exit(1)).once("SIGTERM", () => process.exit(1));
  await new Promise((resolve) => server.close(resolve));
  stopping.abort();
  await idle();
  await storage.close();
}

process.once("SIGINT", shutDown).once("SIGTERM", shutDown);
