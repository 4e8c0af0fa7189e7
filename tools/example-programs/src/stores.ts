import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentStorage, loadConfig, openSchema, openStorage } from "@agent-assembly/storage";
import { createDatabase } from "@agent-assembly/test-services";
import { needing } from "@agent-assembly/test-services/needing";
import { describe, inject, onTestFinished } from "vitest";
import { INSTALLED } from "./installed.js";

/** An empty store of a test, and how programs are told of it. */
export interface ExampleStore {
  /** The complete environment of a program: where its home is, and which store it opens. */
  readonly env: Readonly<Record<string, string>>;
  /** Home and working space of the programs. */
  readonly folder: string;
  /** The store as the test itself sees it; closed when the test ends. */
  open(): Promise<AgentStorage>;
}

/**
 * A suite for each kind of store an example runs on: SQLite by default, PostgreSQL by two variables.
 * @param suite gets the function that makes an empty store, which is gone when the test ends
 */
export function onEachStore(suite: (newStore: () => Promise<ExampleStore>) => void): void {
  describe("on SQLite", () => suite(() => newStore({})));
  if (INSTALLED !== undefined) return;
  describe(...needing("timescale-apache", "on PostgreSQL"), () =>
    suite(async () => {
      const server = inject("services").profiles.find(({ name }) => name === "timescale-apache");
      if (server === undefined) throw new Error("the test runs without its server");
      const { url, drop } = await createDatabase(server.url, "example");
      onTestFinished(drop);
      const store = await newStore({ AA_MODE: "remote", AAASM_DATABASE_URL: url });
      await (await openSchema(await configOf(store))).migrate();
      return store;
    }),
  );
}

async function newStore(variables: Readonly<Record<string, string>>): Promise<ExampleStore> {
  const folder = await mkdtemp(join(tmpdir(), "aasm-example-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const env = { HOME: folder, USERPROFILE: folder, ...variables };
  const store: ExampleStore = {
    env,
    folder,
    async open() {
      const storage = await openStorage(await configOf(store), { recordConfiguration: false });
      onTestFinished(() => storage.close());
      return storage;
    },
  };
  return store;
}

function configOf({ env, folder }: Pick<ExampleStore, "env" | "folder">) {
  return loadConfig({ env, home: folder });
}
