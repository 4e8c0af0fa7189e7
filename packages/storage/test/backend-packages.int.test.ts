import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import {
  BACKEND_MODULE_VERSION,
  type BackendModule,
  checkKeys,
  installRemedy,
  parseText,
  SUPPORTED,
} from "@agent-assembly/storage-core/backend";
import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { openMemoryApprovals, openMemoryRateLimiter } from "@agent-assembly/storage-core/state";
import { observable, retrying } from "@agent-assembly/storage-core/wrappers";
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from "vitest";
import {
  type AgentStorage,
  loadConfig,
  loadConfigWithSources,
  openSchema,
  openStorage,
  redactConfig,
} from "../src/index.js";
import { openWith } from "../src/open.js";

const CORE = pathToFileURL(join(import.meta.dirname, "../../storage-core/dist/memory/index.js")).href;
const event = { ts: new Date(), agentId: "a", action: "tool_call", decision: "allow" };
const request = { agentId: "a", action: "tool_call", request: { tool: "transfer" } };

/** A package as another publisher would write it, without our packages among its own. */
const SOURCE = `
import { openMemoryStorage } from ${JSON.stringify(CORE)};
class Store {
  #store = openMemoryStorage();
  name = "acme";
  constructor(options) { this.options = options; this.location = options.file; }
  get capabilities() { return this.#store.capabilities; }
  get audit() { return this.#store.audit; }
  get agents() { return this.#store.agents; }
  get policies() { return this.#store.policies; }
  get metrics() { return this.#store.metrics; }
  get partitions() { return this.#store.partitions; }
  get holds() { return this.#store.holds; }
  get retentionSupport() { return this.#store.retentionSupport; }
  async health() { return { ...(await this.#store.health()), backend: "acme", details: { file: this.options.file } }; }
  async close() { await this.#store.close(); }
  async [Symbol.asyncDispose]() { await this.close(); }
}
const pending = { version: 1, name: "initial", breaking: false, transactional: true };
export const backendModule = {
  version: 1,
  name: "acme",
  parseSettings({ file = "acme.log", ...others }, { resolvePath }) {
    const [unknown] = Object.keys(others);
    if (unknown !== undefined || typeof file !== "string") {
      const error = new Error("options." + (unknown ?? "file") + " is wrong; allowed: file");
      throw Object.defineProperty(Object.assign(error, { code: "invalid_argument" }), Symbol.for("@agent-assembly/storage-error"), { value: true });
    }
    return { file: resolvePath(file) };
  },
  open: (options) => new Store(options),
  schema: {
    migrate: async ({ file }, { dryRun = false } = {}) => ({ from: 0, to: 1, steps: [{ version: 1, name: file, durationMs: 0 }], notes: dryRun ? ["dry"] : [] }),
    status: async () => ({ state: "outdated", version: 0, latest: 1, applied: [], pending: [pending] }),
    verify: async ({ file }) => [{ kind: "missing", object: "table", name: file }],
  },
};
`;

let folder: string;
let before: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aasm-packages-"));
  const installed = join(folder, "node_modules", "@acme", "storage");
  await mkdir(installed, { recursive: true });
  // ESM only, as CommonJS resolution would not find it.
  const manifest = { name: "@acme/storage", type: "module", exports: { import: "./index.js" } };
  await writeFile(join(installed, "package.json"), JSON.stringify(manifest));
  await writeFile(join(installed, "index.js"), SOURCE);
  await writeFile(join(folder, "backend.mjs"), SOURCE);
  before = process.cwd();
  process.chdir(folder);
});
afterAll(async () => {
  process.chdir(before);
  await rm(folder, { recursive: true, force: true });
});

async function fixture(file: string, source: string): Promise<{ name: string }> {
  await writeFile(join(folder, file), source);
  return { name: `./${file}` };
}

async function configOf(text: string): Promise<string> {
  const path = join(folder, "config.yaml");
  await writeFile(path, text);
  return path;
}

describe("a package of another publisher", () => {
  test("is found from the working folder, and checks and completes its own section", async () => {
    const path = await configOf(`storage:\n  backend: "@acme/storage"\n  options: { file: logs/acme.log }\n`);
    const { config, sources } = await loadConfigWithSources({ path, env: {}, cwd: folder });
    expect(config).toMatchObject({
      mode: "local",
      storage: { backend: "@acme/storage", options: { file: join(folder, "logs", "acme.log") } },
    });
    expect(sources["storage.options.file"]).toBe(path);
    await using storage = await openStorage(config);
    expect(storage).toMatchObject({ name: "acme", location: join(folder, "logs", "acme.log") });
    expect(await storage.audit.append([event])).toMatchObject({ inserted: 1 });
    expect(await storage.health()).toMatchObject({
      status: "ok",
      backend: "acme",
      details: { file: storage.location },
    });
    expect(storage.capabilities.durability.status).toBe("unsupported");
    expect(await storage.approvals.submit(request)).toMatchObject({ state: "pending" });
    await storage.close();
    await expect(storage.audit.count()).rejects.toMatchObject({ code: "closed", backend: "acme" });
  });

  test("has its schema managed", async () => {
    const schema = await openSchema({ backend: "@acme/storage", options: { file: "f" } });
    expect(await schema.migrate({ dryRun: true })).toMatchObject({ to: 1, steps: [{ name: "f" }], notes: ["dry"] });
    expect(await schema.status()).toMatchObject({ state: "outdated", latest: 1 });
    expect(await schema.verify()).toEqual([{ kind: "missing", object: "table", name: "f" }]);
  });

  test("is named by a path, an environment variable and a flag, too", async () => {
    const path = await configOf("");
    const env = { AAASM_STORAGE_BACKEND: "./backend.mjs", AAASM_STORAGE_OPTIONS: '{"file":"/var/acme.log"}' };
    const { config, sources } = await loadConfigWithSources({ path, env, cwd: folder });
    expect(config.storage).toMatchObject({
      backend: join(folder, "backend.mjs"),
      options: { file: "/var/acme.log" },
    });
    expect(sources["storage.options.file"]).toBe("AAASM_STORAGE_OPTIONS");
    await (await openStorage(config)).close();
    const flags = { backend: "@acme/storage" };
    expect((await loadConfig({ path, env: {}, flags, cwd: folder })).storage.options).toEqual({
      file: join(folder, "acme.log"),
    });
  });

  test.each([
    [
      "options: { flie: x }",
      "storage.options is refused by the backend @acme/storage: options.flie is wrong; allowed: file",
    ],
    ["options: 5", "storage.options"],
  ])("refuses %s when the configuration is loaded", async (section, message) => {
    const path = await configOf(`storage:\n  backend: "@acme/storage"\n  ${section}\n`);
    await expect(loadConfig({ path, env: {} })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringContaining(message),
    });
  });

  test("that cannot be imported is named with what is wrong", async () => {
    const { name } = await fixture("failing.mjs", 'throw new Error("needs a licence");');
    const path = join(folder, "failing.mjs");
    await expect(openStorage({ backend: name as "./x" })).rejects.toMatchObject({
      code: "unsupported",
      message: "./failing.mjs cannot be loaded: needs a licence",
    });
    const file = await configOf(`storage: { backend: ${name} }\n`);
    await expect(loadConfig({ path: file, env: {}, cwd: folder })).rejects.toMatchObject({
      message: `configuration file ${file}: storage.backend cannot be used: ${path} cannot be loaded: needs a licence`,
    });
  });

  test("is for what it is named for", async () => {
    const named = async (text: string) => loadConfig({ path: await configOf(`storage: { ${text} }\n`), env: {} });
    await expect(named("backend: redis")).rejects.toThrow(
      /storage\.backend .*is "redis", which is not for a store; .*storage\.redis/,
    );
    await expect(named('state: { backend: "@acme/storage" }')).rejects.toThrow(
      /storage\.state\.backend .*is not for hot-path state/,
    );
    const redis = "redis: { enabled: true, url: 'redis://h' }";
    await expect(named(`${redis}, state: { backend: redis, options: { url: "redis://h" } }`)).rejects.toThrow(
      "Keep one of them",
    );
    expect((await named(`state: { backend: redis, options: { url: "redis://h" } }`)).storage.state).toEqual({
      backend: "redis",
      options: { url: "redis://h" },
    });
  });

  test("may be CommonJS", async () => {
    const { name } = await fixture(
      "common.cjs",
      `const all = { backendModule: { version: 1, name: "common", open: () => ({}) } };\nmodule.exports = all;\n`,
    );
    await expect(openStorage({ backend: name as "./common.cjs" })).rejects.toThrow(
      "the backend common opened an object without",
    );
  });

  test("that is not there is named with its source, the folders and the remedy", async () => {
    const path = await configOf(`storage: { backend: "@acme/missing" }\n`);
    const loading = loadConfig({ path, env: {} });
    await expect(loading).rejects.toMatchObject({ code: "unsupported" });
    await expect(loading).rejects.toThrow(
      `configuration file ${path}: storage.backend cannot be used: the package @acme/missing`,
    );
    await expect(loading).rejects.toThrow(process.cwd());
    await expect(loading).rejects.toThrow(installRemedy("@acme/missing"));
    await expect(openStorage({ backend: "./missing.mjs" })).rejects.toThrow("the module ./missing.mjs cannot be found");
  });

  test("AAASM_STORAGE_OPTIONS that is no object is refused without being repeated", async () => {
    const loading = loadConfig({ path: await configOf(""), env: { AAASM_STORAGE_OPTIONS: '{"password": hunter2' } });
    await expect(loading).rejects.toThrow("AAASM_STORAGE_OPTIONS: it must be a JSON object");
    await expect(loading).rejects.not.toThrow("hunter2");
  });
});

describe("a module that is no backend", () => {
  const memory = { version: BACKEND_MODULE_VERSION, name: "x", open: openMemoryStorage };
  test.each<[string, object, string]>([
    ["exports none", { openX: 1, other: 2 }, "@acme/x exports no backendModule (it exports openX, other)"],
    [
      "is one under another name",
      { acme: { version: BACKEND_MODULE_VERSION, name: "x", open: openMemoryStorage } },
      "If the package is yours, export acme as backendModule.",
    ],
    [
      "is one as its default export",
      { default: { version: BACKEND_MODULE_VERSION, name: "x", state: { kinds: [] } } },
      "If the package is yours, export the default export as backendModule.",
    ],
    ["says nothing of one", { openX: 1 }, "export backendModule, an object with version, name and open"],
    ["exports a text", { backendModule: "x" }, "the backendModule of @acme/x must be an object, got a string"],
    [
      "is of another version",
      { backendModule: { ...memory, version: 2 } },
      "has version 2, and this package needs version 1",
    ],
    [
      "has no version",
      { backendModule: { name: "x" } },
      "has no version, and this package needs version 1. If the package is yours, add version: 1",
    ],
    ["has no name", { backendModule: { ...memory, name: 5 } }, "name must be a text, got an integer"],
    ["can do nothing", { backendModule: { version: 1, name: "x" } }, "it has neither open, for a store, nor state"],
    [
      "has half a schema",
      { backendModule: { ...memory, schema: { migrate: () => 0, verify: 5 } } },
      "schema.status must be a function, got nothing; schema.verify must be a function, got an integer",
    ],
    [
      "opens something else",
      { backendModule: { ...memory, open: () => ({ name: "x" }) } },
      "without capabilities, audit",
    ],
  ])("%s", async (_, exported, message) => {
    await expect(openWith(async () => exported, { backend: "@acme/x" })).rejects.toMatchObject({
      code: "unsupported",
      message: expect.stringContaining(message),
    });
  });

  test("a package for hot-path state is no store, and a store keeps none apart", async () => {
    await expect(
      openStorage({ backend: { version: 1, name: "s", state: { kinds: [], open: () => never() } } }),
    ).rejects.toThrow("options.backend is s, which is no store");
    await expect(openStorage({ backend: "memory", state: { backend: memory as BackendModule } })).rejects.toThrow(
      "the backend x keeps no policy cache, approvals or rate limits",
    );
  });
});

describe("a module given in code", () => {
  interface Options {
    readonly file: string;
  }
  const given: BackendModule<Options> = {
    version: BACKEND_MODULE_VERSION,
    name: "given",
    parseSettings(section) {
      checkKeys("options", section, ["file"]);
      return { file: parseText("options.file", section.file) };
    },
    open: ({ file, limits }) => ({ ...openMemoryStorage({ limits }), name: "given", location: file }),
  };

  test("is opened with its options and the common ones, without migrate where there is no schema", async () => {
    const seen: object[] = [];
    const open = (options: Options): StorageBackend => {
      seen.push(options);
      return openMemoryStorage();
    };
    const limits = { maxPayloadBytes: 4 };
    const overrides = { limits, migrate: "auto" } as const;
    await (await openStorage({ backend: { ...given, open }, options: { file: "f" } }, overrides)).close();
    expect(seen).toEqual([{ file: "f", limits }]);
  });

  test("brings its own hot-path state, or keeps that of another store", async () => {
    const limits = openMemoryRateLimiter();
    const approvals = openMemoryApprovals();
    const own: BackendModule = {
      ...given,
      open: () => ({ ...openMemoryStorage(), name: "own", stateSupport: { openRateLimiter: () => limits } }),
    };
    await using storage = await openStorage({ backend: own });
    const check = [{ scope: "agent", id: "a", limit: 1, windowMs: 60_000 }];
    await storage.rateLimits.check(check);
    expect((await limits.check(check)).allowed).toBe(false);

    let closed = false;
    const close = async (): Promise<void> => {
      closed = true;
    };
    const state = {
      kinds: ["approvals"],
      open: () => ({ openApprovals: () => approvals, close, [Symbol.asyncDispose]: close }),
    } as const;
    const shared: BackendModule = { version: BACKEND_MODULE_VERSION, name: "shared", state };
    const over = await openStorage({ backend: "memory", state: { backend: shared } });
    const { requestId } = await over.approvals.submit(request);
    expect(await approvals.get(requestId)).toMatchObject({ state: "pending" });
    expect((await over.rateLimits.check(check)).source).toBe("process");
    await over.close();
    expect(closed).toBe(true);
  });

  test("unknown options beside it are refused", async () => {
    const wrong = { backend: given, file: "f" };
    await expect(openStorage(wrong as never)).rejects.toThrow(
      "options.file is unknown. Pass the options of a backend package",
    );
  });
});

test("instrumentation and retries keep all members of the storage", async () => {
  let failures = 2;
  const flaky: BackendModule = {
    version: BACKEND_MODULE_VERSION,
    name: "flaky",
    open() {
      const store = openMemoryStorage();
      const list: StorageBackend["policies"]["list"] = async () => {
        if (failures-- > 0) throw new StorageError({ code: "busy", message: "try again" });
        return store.policies.list();
      };
      return {
        ...store,
        capabilities: { ...store.capabilities, durability: SUPPORTED },
        policies: { ...store.policies, list },
      };
    },
  };
  await using storage = await openStorage({ backend: flaky }, { instrumentation: true, retry: { baseDelayMs: 1 } });
  expect(await storage.policies.list()).toEqual([]);
  expect(failures).toBe(-1);
  expect(storage.capabilities.durability.status).toBe("supported");
  expect((await storage.stateHealth()).approvals.status).toBe("ok");
  await expect(openStorage({ backend: "memory", retry: { attempts: 0 } })).rejects.toThrow("attempts must be a number");
  await expect(openStorage({ backend: "memory" }, { retries: true } as never)).rejects.toThrow("retries");
  await expect(openStorage({ backend: "memory", retry: { times: 3 } as never })).rejects.toThrow("times");
  await expect(openStorage({ backend: "memory", instrumentation: 1 as never })).rejects.toThrow(
    "instrumentation must be",
  );
  const wrapped = retrying(observable(storage));
  expectTypeOf(wrapped).toExtend<AgentStorage>();
  expect((await wrapped.stateHealth()).approvals.status).toBe("ok");
  expect(await wrapped.approvals.submit(request)).toMatchObject({ state: "pending" });
});

test("values of a package's options that may be secret are masked when shown", async () => {
  const options = { url: "acme://u:hunter2@h/x?key=hunter2", nested: { apiToken: "hunter2" }, file: "/a", retries: 3 };
  const config = { ...(await loadConfig({ path: await configOf(""), env: {} })) };
  const shown = redactConfig({
    ...config,
    storage: { ...config.storage, options, state: { backend: "@a/b", options } },
  });
  expect(JSON.stringify(shown)).not.toContain("hunter2");
  expect(shown.storage.options).toMatchObject({ url: "acme://u:***@h/x?key=***", file: "/a", retries: 3 });
});

function never(): never {
  throw new Error("this is not called");
}
