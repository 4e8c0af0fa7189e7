import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type GatewayServer, serve } from "@agent-assembly/gateway";
import { type AgentStorage, openStorage, type StorageOptions } from "@agent-assembly/storage";
import type { HttpClientOptions } from "../../src/index.js";

/** A gateway on a SQLite file, on a port of its own. */
export interface TestGateway {
  readonly path: string;
  readonly storage: AgentStorage;
  readonly options: HttpClientOptions;
  /** Closes gateway and store; the file stays. */
  close(): Promise<void>;
}

/** Options of the store behind the gateway. */
export type StoreOptions = Omit<Extract<StorageOptions, { backend: "sqlite" }>, "backend" | "path">;

/** Opens a new file, in a folder of its own, which is removed where it cannot be opened. */
export async function atNewPath<T>(open: (path: string) => Promise<T>): Promise<T> {
  const path = join(mkdtempSync(join(tmpdir(), "aasm-storage-http-")), "audit.db");
  try {
    return await open(path);
  } catch (error) {
    removeFolderOf(path);
    throw error;
  }
}

/** Removes the folder of a file. */
export function removeFolderOf(path: string): void {
  rmSync(join(path, ".."), { recursive: true, force: true });
}

/** Opens a file and serves it. Each actor has a session of their own, as people at the page have. */
export async function startGateway(path: string, store: StoreOptions = {}): Promise<TestGateway> {
  const storage = await openStorage({ ...store, backend: "sqlite", path });
  let server: GatewayServer;
  try {
    server = await serve(storage, { port: 0, graceMs: 100 });
  } catch (error) {
    await storage.close();
    throw error;
  }
  const { url, gateway } = server;
  return {
    path,
    storage,
    options: { url, login: (actor) => login(url, gateway.link(actor)) },
    async close() {
      await server.close();
      await storage.close();
    },
  };
}

async function login(url: string, token: string): Promise<Record<string, string>> {
  const headers = { "x-aasm": "1", origin: url };
  const response = await fetch(`${url}/api/v1/session`, {
    method: "POST",
    headers: { ...headers, "content-type": "application/json" },
    body: JSON.stringify({ token }),
  });
  const [cookie] = response.headers.getSetCookie();
  if (!response.ok || cookie === undefined) throw new Error(`the login was answered with ${response.status}`);
  return { ...headers, cookie: cookie.split(";", 1)[0] ?? "" };
}
