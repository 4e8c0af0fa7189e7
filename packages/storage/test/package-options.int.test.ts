import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isStorageError } from "@agent-assembly/storage-core";
import {
  BACKEND_MODULE_VERSION,
  type BackendModule,
  checkKeys,
  invalidArgument,
  parseText,
} from "@agent-assembly/storage-core/backend";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadConfig, openSchema, openStorage } from "../src/index.js";

const KIT = pathToFileURL(join(import.meta.dirname, "../../storage-core/dist/author-kit.js")).href;

/** Checks its options as the guide for authors says; without them it reports each kind of error that an author may throw. */
const SOURCE = `
import { checkKeys, invalidArgument, parseText } from ${JSON.stringify(KIT)};
export const backendModule = {
  version: 1,
  name: "acme",
  parseSettings(section) {
    checkKeys("options", section, ["label", "servers", "fail"]);
    if (section.fail === "bare") throw invalidArgument("label", "must be short");
    if (section.fail === "whole") throw invalidArgument("options", "must have one label");
    if (section.fail === "advice") throw invalidArgument("options.label", "must be short", "Shorten {option}.");
    if (section.fail === "plain") throw new Error("no label");
    if (section.fail === "mistake") return undefined.label;
    for (const [n, server] of (section.servers ?? []).entries()) parseText("options.servers[" + n + "].host", server.host);
    return { label: parseText("options.label", section.label) };
  },
  open: () => { throw new Error("is not opened"); },
  state: { kinds: ["approvals"], open: () => { throw new Error("is not opened"); } },
};
`;

let folder: string;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aasm-package-options-"));
  file = join(folder, "config.yaml");
  await writeFile(join(folder, "acme.mjs"), SOURCE);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What loading a configuration says, with the path of the file as FILE. */
async function problemOf(text: string, env: NodeJS.ProcessEnv = {}): Promise<unknown> {
  await writeFile(file, text);
  try {
    return await loadConfig({ path: file, env, cwd: folder });
  } catch (error) {
    if (!isStorageError(error)) throw error;
    const { code, option, message } = error;
    return { code, option, message: message.replaceAll(file, "FILE") };
  }
}

describe("an option that a package refuses while the configuration is loaded", () => {
  const code = "invalid_argument";
  const acme = (options: string) => `storage: { backend: ./acme.mjs, options: ${options} }`;

  test.each([
    [
      "storage: { backend: ./acme.mjs }",
      "storage.options.label",
      "storage.options.label must be a string, got nothing (an option of the backend ./acme.mjs). Set it in the configuration file FILE, or in the JSON of AAASM_STORAGE_OPTIONS.",
    ],
    [
      acme("{ label: 7 }"),
      "storage.options.label",
      "configuration file FILE: storage.options.label must be a string, got an integer (an option of the backend ./acme.mjs)",
    ],
    [
      acme("{ servers: [{ host: h }, {}] }"),
      "storage.options.servers[1].host",
      "storage.options.servers[1].host must be a string, got nothing (an option of the backend ./acme.mjs). Set it in the configuration file FILE, or in the JSON of AAASM_STORAGE_OPTIONS.",
    ],
    [
      acme("{ servers: [{ host: 7 }] }"),
      "storage.options.servers[0].host",
      "configuration file FILE: storage.options.servers[0].host must be a string, got an integer (an option of the backend ./acme.mjs)",
    ],
    [
      acme("{ labl: x }"),
      "storage.options.labl",
      'configuration file FILE: storage.options.labl is refused by the backend ./acme.mjs: options has an unknown key "labl". Did you mean "label"? Known: label, servers, fail',
    ],
    [
      acme("{ fail: bare, label: x }"),
      "storage.options.label",
      "configuration file FILE: storage.options.label must be short (an option of the backend ./acme.mjs)",
    ],
    [
      acme("{ fail: advice, label: x }"),
      "storage.options.label",
      "configuration file FILE: storage.options.label must be short (an option of the backend ./acme.mjs). Shorten storage.options.label.",
    ],
    [
      acme("{ fail: whole }"),
      "storage.options",
      "configuration file FILE: storage.options must have one label (an option of the backend ./acme.mjs)",
    ],
    [
      acme("{ fail: plain }"),
      "storage.options",
      "configuration file FILE: storage.options is refused by the backend ./acme.mjs: no label",
    ],
    [
      acme("{ fail: mistake }"),
      "storage.options",
      expect.stringContaining("FILE: storage.options is refused by the backend ./acme.mjs: Cannot read properties"),
    ],
    [
      "storage: { state: { backend: ./acme.mjs } }",
      "storage.state.options.label",
      "storage.state.options.label must be a string, got nothing (an option of the backend ./acme.mjs). Set it in the configuration file FILE, or in the JSON of AAASM_STATE_OPTIONS.",
    ],
  ])("%s names %s", async (text, option, message) => {
    expect(await problemOf(text)).toEqual({ code, option, message });
  });

  test("has the variable that its value is from, and names the file without its path where a variable names the backend", async () => {
    const env = { AAASM_STORAGE_BACKEND: "./acme.mjs", AAASM_STORAGE_OPTIONS: '{"label":7}' };
    expect(await problemOf("", env)).toMatchObject({
      message:
        "environment variable AAASM_STORAGE_OPTIONS: storage.options.label must be a string, got an integer (an option of the backend ./acme.mjs)",
    });
    expect(await problemOf("", { ...env, AAASM_STORAGE_OPTIONS: "{}" })).toMatchObject({
      message: expect.stringContaining("Set it in the configuration file, or in the JSON of AAASM_STORAGE_OPTIONS."),
    });
  });
});

describe("an option that a package refuses when it is opened", () => {
  const refuse = ({ label }: { readonly label?: unknown }): never => {
    checkKeys("options", { label }, ["label"]);
    parseText("options.label", label);
    throw invalidArgument("options.limits.maxPayloadBytes", "must be more");
  };
  const module: BackendModule = {
    version: BACKEND_MODULE_VERSION,
    name: "acme",
    open: refuse,
    schema: {
      migrate: async (options) => refuse(options),
      status: async (options) => refuse(options),
      verify: async (options) => refuse(options),
    },
    state: { kinds: ["approvals"], open: refuse },
  };
  const message = (option: string) => `${option} must be a string, got nothing (an option of the backend acme)`;

  test("is named as the code or the configuration names it", async () => {
    const option = "options.options.label";
    await expect(openStorage({ backend: module })).rejects.toMatchObject({ option, message: message(option) });
    await expect((await openSchema({ backend: module })).status()).rejects.toMatchObject({ option });
    await expect((await openSchema({ backend: module })).migrate()).rejects.toMatchObject({ option });
    await expect((await openSchema({ backend: module })).verify()).rejects.toMatchObject({ option });

    await writeFile(
      join(folder, "later.mjs"),
      SOURCE.replace("parseSettings", "parse").replace(
        "open: () => { throw",
        "open: (options) => { parseText('options.label', options.label); throw",
      ),
    );
    await writeFile(file, "storage: { backend: ./later.mjs }");
    const config = await loadConfig({ path: file, env: {}, cwd: folder });
    await expect(openStorage(config)).rejects.toMatchObject({ option: "storage.options.label", operation: "open" });
  });

  test("of hot-path state has its place, too", async () => {
    const over = await openStorage({ backend: "memory", state: { backend: module } });
    const call = over.approvals.submit({ agentId: "a", action: "tool_call", request: {} });
    const option = "state.options.label";
    await expect(call).rejects.toMatchObject({ option, message: expect.stringContaining(message(option)) });
    await over.close();
  });

  test("keeps its name where it is one of `openStorage` itself", async () => {
    await expect(openStorage({ backend: module, options: { label: "x" } })).rejects.toMatchObject({
      option: "options.limits.maxPayloadBytes",
    });
  });
});
