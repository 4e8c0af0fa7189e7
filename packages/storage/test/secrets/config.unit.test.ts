import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { isStorageError } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CONFIG_KEYS } from "../../src/config/keys/table.js";
import { NAMED_KEYS } from "../../src/config/keys/walk.js";
import { loadConfigWithSources } from "../../src/config/load.js";
import { redactConfig } from "../../src/config/redact.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aasm-secrets-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Every printable character of ASCII. */
const password = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 12,
  maxLength: 30,
});

/** How a password gets into a configuration: escaped or not, and with other ways of saying it. */
const FORMS: readonly ((secret: string) => string)[] = [
  (secret) => `postgres://app:${secret}@db.internal/audit`,
  (secret) => `postgres://app:${encodeURIComponent(secret)}@db.internal/audit`,
  (secret) => `postgres://app:${secret}@one.internal:1,two.internal:2/audit?target_session_attrs=any`,
  (secret) => `postgres://app:${encodeURIComponent(secret)}@[::1]:1,two.internal/audit`,
  (secret) => `postgres://app@/audit?host=/run/pg&password=${encodeURIComponent(secret)}`,
  (secret) => `postgres://app@one,two/audit?sslpassword=${secret}`,
  (secret) => `redis://:${encodeURIComponent(secret)}@cache.internal:6379`,
  (secret) => `rediss://:${secret}@cache.internal`,
  (secret) => `s3://key:${secret}@bucket/prefix`,
  (secret) => `https://${encodeURIComponent(secret)}@storage.internal`,
  (secret) => `host=db.internal password='${secret.replaceAll(/[\\']/g, "\\$&")}'`,
  (secret) => `host=db.internal password=${secret.replaceAll(" ", "_")}`,
];

const SECTIONS = [
  "",
  "storage",
  "storage.postgres",
  "storage.postgres.timescaledb",
  "storage.redis",
  "storage.retention",
  "gateway",
];

/** Keys, sections in the place of a value, and keys that do not exist. */
const PATHS: readonly string[] = [
  ...NAMED_KEYS.map(({ path }) => path),
  ...SECTIONS.filter((path) => path !== ""),
  ...SECTIONS.map((path) => (path === "" ? "url" : `${path}.connection`)),
  "storage.options.dsn",
  "storage.state.options.nested.password",
];

function tree(path: string, value: unknown): Record<string, unknown> {
  return path.split(".").reduceRight<unknown>((inner, key) => ({ [key]: inner }), value) as Record<string, unknown>;
}

/** All that would be shown of a configuration: what is wrong with it, or itself. */
async function shown(options: Parameters<typeof loadConfigWithSources>[0]): Promise<string> {
  try {
    const { config, sources } = await loadConfigWithSources({ env: {}, ...options });
    return JSON.stringify([redactConfig(config), sources]);
  } catch (error) {
    if (!isStorageError(error)) throw error;
    return `${error.message}\n${error.stack}\n${JSON.stringify(error)}\n${inspect(error, { depth: 9, showHidden: true })}`;
  }
}

const WINDOW = 7;

function expectNothingOf(secret: string, text: string): void {
  for (let at = 0; at + WINDOW <= secret.length; at++) {
    const part = secret.slice(at, at + WINDOW);
    if (text.includes(part)) expect.fail(`${JSON.stringify(part)} of ${JSON.stringify(secret)} is in ${text}`);
  }
  expect(text).not.toContain(encodeURIComponent(secret));
}

async function file(text: string): Promise<string> {
  const path = join(folder, "config.yaml");
  await writeFile(path, text);
  return path;
}

describe("a password is not shown", () => {
  it("whatever key of the file holds it", async () => {
    await fc.assert(
      fc.asyncProperty(password, fc.constantFrom(...FORMS), fc.constantFrom(...PATHS), async (secret, form, key) => {
        const path = await file(JSON.stringify(tree(key, form(secret))));
        expectNothingOf(secret.replaceAll(" ", "_"), await shown({ path }));
        expectNothingOf(secret, await shown({ path }));
      }),
      { numRuns: 400 },
    );
  });

  it("as the name of a key", async () => {
    await fc.assert(
      fc.asyncProperty(
        password,
        fc.constantFrom(...FORMS),
        fc.constantFrom(...SECTIONS),
        async (secret, form, section) => {
          const inner = { [form(secret)]: 1 };
          const path = await file(JSON.stringify(section === "" ? inner : tree(section, inner)));
          expectNothingOf(secret, await shown({ path }));
        },
      ),
      { numRuns: 200 },
    );
  });

  it("whatever variable holds it", async () => {
    const variables = [...NAMED_KEYS.map(({ variable }) => variable), "AAASM_CONFIG", "AAASM_PG_URL", "AAASM_REDIS"];
    await fc.assert(
      fc.asyncProperty(
        password,
        fc.constantFrom(...FORMS),
        fc.constantFrom(...variables),
        async (secret, form, name) => {
          expectNothingOf(secret, await shown({ env: { [name]: form(secret) } }));
        },
      ),
      { numRuns: 400 },
    );
  });

  it("in the options of packages, whatever they are", () => {
    const options = {
      credentials: { user: "a-secret-value", parts: ["a-secret-value", 7] },
      password: 1234567,
      urls: ["postgres://app:a-secret-value@db/x#y"],
      "postgres://app:a-secret-value@db": 1,
      note: "password='a-secret-value' host=db",
    };
    const text = JSON.stringify(redactConfig({ storage: { options } }));
    expect(text).not.toMatch(/a-secret-value|1234567/);
    expect(text).toContain("postgres://app:***@db/x#***");
  });

  it("is said of every key that may hold one", () => {
    expect(
      NAMED_KEYS.filter(({ key }) => key.type === "url" || key.type === "redis url").every(({ key }) => key.secret),
    ).toBe(true);
    expect(Object.keys(CONFIG_KEYS)).toEqual(["mode", "storage", "gateway"]);
  });
});

describe("a configuration file that is hostile", () => {
  it.each([
    [`a: &a x\n${"b: *a\n".repeat(2000)}`, "too_large", /has more than 1000 aliases/],
    ["[".repeat(200_000), "too_large", /is nested deeper than 200 levels/],
    [
      `a0: &a0 [x, x]\n${Array.from({ length: 30 }, (_, n) => `a${n + 1}: &a${n + 1} [*a${n}, *a${n}]\n`).join("")}`,
      "too_large",
      /expands to more than/,
    ],
    ["? { \u202e: postgres://app:hunter2hunter2@db }\n: x\n", "invalid_argument", /not valid YAML \(KEY_NOT_SCALAR\)/],
    ["mode: local\n---\nmode: remote\n", "invalid_argument", /not valid YAML \(MULTIPLE_DOCS\)/],
  ])("is refused without its text (%#)", async (text, code, message) => {
    const path = await file(text);
    const error: unknown = await loadConfigWithSources({ path, env: {} }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(String(error)).not.toMatch(/hunter2|\u202e/);
  });

  it("cannot reach the prototype of objects", async () => {
    const path = await file(
      "__proto__: { polluted: 1 }\nstorage: { __proto__: { backend: memory }, constructor: { x: 1 } }\n",
    );
    await expect(loadConfigWithSources({ path, env: {} })).rejects.toMatchObject({ code: "invalid_argument" });
    expect(Reflect.get({}, "polluted")).toBe(undefined);
  });
});
