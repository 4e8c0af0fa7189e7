import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type GatewayServer, type Scope, serve } from "@agent-assembly/gateway";
import { type AgentStorage, openStorage } from "@agent-assembly/storage";

const run = promisify(execFile);
const AASM = createRequire(import.meta.url)
  .resolve("@agent-assembly/cli/package.json")
  .replace("package.json", "dist/bin.js");

export const ALL_SCOPES: readonly Scope[] = ["ingest", "read", "approve", "policy", "admin"];

/** A gateway over a store of its own. */
export interface TestGateway extends AsyncDisposable {
  readonly url: string;
  readonly storage: AgentStorage;
  readonly server: GatewayServer;
  /** Runs `aasm` on the same store. @returns what it printed */
  aasm(...args: readonly string[]): Promise<string>;
}

/** What is in the store, and who may do what. */
export interface TestGatewayOptions {
  /** `demo`: the sample of `aasm demo`, sealed. @default "empty" */
  readonly content?: "empty" | "demo";
  /** What may be done without a token. @default everything */
  readonly anonymous?: readonly Scope[];
}

/** Opens a store in a folder of its own and serves it, page included, on a free port. */
export async function startGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const { content = "empty", anonymous = ALL_SCOPES } = options;
  const folder = await mkdtemp(join(tmpdir(), "aasm-dashboard-"));
  const path = join(folder, "store.db");
  const aasm = async (...args: readonly string[]): Promise<string> => {
    // A home of its own: keys of evidence are kept there.
    const env = { ...process.env, HOME: folder, NO_COLOR: "1" };
    return (await run(process.execPath, [AASM, "--path", path, ...args], { env })).stdout;
  };
  const undo: (() => Promise<void>)[] = [() => rm(folder, { recursive: true })];
  const close = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    if (content === "demo") {
      await aasm("demo");
      await aasm("evidence", "init", "--key", join(folder, "log.key"));
    }
    const storage = await openStorage({ backend: "sqlite", path, migrate: "auto" });
    undo.push(() => storage.close());
    const server = await serve(storage, {
      port: 0,
      anonymous,
      retention: { policy: { audit: { hotDays: 7, warmDays: 90 } }, schedule: "0 3 * * *" },
    });
    undo.push(() => server.close());
    return { url: server.url, storage, server, aasm, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
