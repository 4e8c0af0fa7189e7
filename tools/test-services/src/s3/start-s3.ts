import { createRequire } from "node:module";
import { join } from "node:path";
import { makeRunFolder } from "../process/folders.js";
import { freePort } from "../process/free-port.js";
import { logTail, type ServerProcess, spawnServer } from "../process/spawn.js";
import { waitUntil } from "../process/wait-until.js";
import type { S3Server, StartS3Options } from "./s3-server.js";

const require = createRequire(import.meta.url);

/**
 * Starts an S3 server of its own (the package s3rver, on every machine) on a free loopback port. It knows objects,
 * ranges, listings and multipart uploads; not aborting or listing uploads, versions, or policies.
 */
export async function startS3({ buckets = ["test"] }: StartS3Options = {}): Promise<S3Server> {
  const program = require.resolve("s3rver/bin/s3rver.js");
  const folder = await makeRunFolder("s3");
  const logFile = join(folder.path, "server.log");
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const args = [
    // It enciphers the tokens of its listings with DES.
    "--openssl-legacy-provider",
    ...[program, "--directory", join(folder.path, "data"), "--address", "127.0.0.1", "--port", String(port)],
    ...["--silent", "--no-vhost-buckets", ...buckets.flatMap((bucket) => ["--configure-bucket", bucket])],
  ];
  let server: ServerProcess | undefined;
  const stop = async () => {
    await server?.end("SIGKILL");
    await folder.remove();
  };
  try {
    const mark = folder.path;
    const started = await spawnServer({
      program: process.execPath,
      args,
      mark,
      logFile,
      endSignal: "SIGKILL",
      asOwnUser: true,
    });
    server = started;
    await untilAnswering(endpoint, started, logFile);
    return {
      endpoint,
      region: "us-east-1",
      // The server's own, which cannot be changed.
      credentials: { accessKeyId: "S3RVER", secretAccessKey: "S3RVER" },
      get pid() {
        return started.isRunning() ? started.pid : undefined;
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilAnswering(endpoint: string, server: ServerProcess, logFile: string): Promise<void> {
  const outcome = await waitUntil(async () => {
    if (!server.isRunning()) return "it ended";
    return fetch(endpoint).then(
      () => "answers",
      () => undefined,
    );
  }, 120_000);
  if (outcome !== "answers")
    throw new Error(`S3 did not start (${outcome ?? "two minutes passed"}):\n${logTail(logFile)}`);
}
