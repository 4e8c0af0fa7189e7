import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const VERDACCIO = join(fileURLToPath(import.meta.resolve("verdaccio/package.json")), "../bin/verdaccio");

/** How long the registry may take to answer for the first time. */
const START_MS = 60_000;

/** A registry on this machine, empty apart from what the configured one has. */
export interface Registry {
  readonly url: string;
  /** What package managers read: the registry, and a token, without which they do not publish. */
  readonly userConfig: string;
  /** The public metadata of a package, `undefined` where there is none. */
  metadata(name: string): Promise<Metadata | undefined>;
  stop(): Promise<void>;
}

/** What a registry tells about a package, in part. */
export interface Metadata {
  readonly versions: Readonly<Record<string, { readonly [field: string]: unknown }>>;
}

/**
 * Starts a registry on a free port of the loopback interface. Our packages are taken from what is published to it and from
 * nowhere else; all others come from the registry that npm is configured with.
 * @param folder for its storage and configuration
 */
export async function startRegistry(folder: string): Promise<Registry> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const uplink = execFileSync("npm", ["config", "get", "registry"], { encoding: "utf8", cwd: folder }).trim();
  const config = join(folder, "verdaccio.json");
  // JSON is YAML.
  writeFileSync(
    config,
    JSON.stringify({
      storage: join(folder, "storage"),
      uplinks: { configured: { url: uplink, maxage: "1h", timeout: "60s" } },
      packages: {
        "@agent-assembly/*": { access: "$all", publish: "$all", unpublish: "$all" },
        "**": { access: "$all", proxy: "configured" },
      },
      web: { enable: false },
      log: { type: "stdout", format: "pretty", level: "warn" },
      max_body_size: "100mb",
    }),
  );
  const server = spawn(process.execPath, [VERDACCIO, "--config", config, "--listen", `127.0.0.1:${port}`], {
    cwd: folder,
    stdio: ["ignore", "ignore", "inherit"],
  });
  await answering(url, server);
  const userConfig = join(folder, "npmrc");
  writeFileSync(userConfig, `registry=${url}\n//127.0.0.1:${port}/:_authToken=rehearsal\n`);
  return {
    url,
    userConfig,
    metadata: async (name) => {
      const answer = await fetch(new URL(name.replace("/", "%2f"), url));
      if (answer.status === 404) return undefined;
      if (!answer.ok) throw new Error(`the registry answers ${answer.status} for ${name}`);
      return (await answer.json()) as Metadata;
    },
    stop: async () => {
      if (server.exitCode !== null || server.signalCode !== null) return;
      const ended = once(server, "exit");
      server.kill();
      await ended;
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, "close");
  return port;
}

async function answering(url: string, server: ChildProcess): Promise<void> {
  const end = Date.now() + START_MS;
  while (server.exitCode === null && Date.now() < end) {
    try {
      if ((await fetch(new URL("-/ping", url))).ok) return;
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  server.kill();
  throw new Error(`the registry does not answer at ${url}`);
}
