import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { isStorageError, loadConfig, openStorage } from "@agent-assembly/storage";
import { readOnly } from "@agent-assembly/storage-core/wrappers";
import { answers } from "./answers.js";

const page = await readFile(new URL("./page.html", import.meta.url));
const storage = await openStorage(await loadConfig(), { readOnly: true });
// What answers requests cannot write, whatever is asked.
const readable = readOnly(storage);

const server = createServer(async (request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://localhost");
  const answer = answers[pathname];
  if (request.method !== "GET") return reply(405, { error: "only GET is answered" });
  if (pathname === "/") return response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" }).end(page);
  if (answer === undefined) return reply(404, { error: `${pathname} is none of ${Object.keys(answers).join(", ")}` });
  try {
    reply(200, await answer(readable, searchParams));
  } catch (error) {
    reply(statusOf(error), { error: /** @type {Error} */ (error).message });
  }

  /** @param {number} status @param {unknown} body */
  function reply(status, body) {
    response.writeHead(status, { "Content-Type": "application/json", "Cache-Control": "no-store" });
    response.end(JSON.stringify(body));
  }
});

/** @param {unknown} error */
function statusOf(error) {
  if (!isStorageError(error)) {
    console.error(error);
    return 500;
  }
  if (error.code === "invalid_argument") return 400;
  if (error.code === "unsupported") return 501;
  return error.retryable ? 503 : 500;
}

server.listen(Number(process.env.PORT ?? 8788), "127.0.0.1", () => {
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  console.log(`listening on http://127.0.0.1:${address.port}`);
});

async function shutDown() {
  await new Promise((resolve) => server.close(resolve));
  await storage.close();
}

process.once("SIGINT", shutDown).once("SIGTERM", shutDown);
