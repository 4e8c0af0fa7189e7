import { createRequire } from "node:module";
import { join } from "node:path";
import { makeRunFolder } from "./process/folders.js";
import { freePort } from "./process/free-port.js";
import { logTail, type ServerProcess, spawnServer } from "./process/spawn.js";
import { stopOnFailure } from "./process/stop-on-failure.js";
import { waitUntil } from "./process/wait-until.js";

const require = createRequire(import.meta.url);

/** What to start an S3 server with. */
export interface StartS3Options {
  /** Names of buckets that exist from the start. Default: one, `test`. */
  readonly buckets?: readonly string[];
}

/** A server that speaks S3 and that this process started. It is gone when this process ends, in whatever way. */
export interface S3Server {
  /** Such as `http://127.0.0.1:40003`; buckets are in the path. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** `undefined` while it is not running. */
  readonly pid: number | undefined;
  /** Ends the server and removes its data. Calling it again does nothing. */
  stop(): Promise<void>;
}

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
  return stopOnFailure(stop, async () => {
    const command = { program: process.execPath, args, mark: folder.path, logFile };
    const started = await spawnServer({ ...command, endSignal: "SIGKILL", asOwnUser: true });
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
  });
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
