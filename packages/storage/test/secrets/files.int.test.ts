import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { NAMED_KEYS } from "../../src/config/keys/walk.js";
import { CONFIG_ENVIRONMENT, type LoadedConfig, loadConfigWithSources, maskUrl } from "../../src/index.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aasm-secret-files-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const SECRET = "never-shown-0123456789abcdef0123456789";
const VALUES: Readonly<Record<string, string>> = {
  "storage.token_key": SECRET,
  "storage.postgres.database_url": `postgres://app:${SECRET}@one:1,two:2/gov`,
  "storage.postgres.replica_url": `postgres://reader:${SECRET}@three/gov`,
  "storage.redis.url": `redis://:${SECRET}@cache:6379`,
  "storage.retention.archive_url": "s3://bucket/prefix",
  "storage.retention.s3.endpoint": "https://s3.internal",
  "gateway.public_url": "https://audit.internal",
  "gateway.session_key": SECRET,
};

async function file(name: string, text: string, mode = 0o600): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text);
  await chmod(path, mode);
  return path;
}

const load = (env: NodeJS.ProcessEnv): Promise<LoadedConfig> =>
  loadConfigWithSources({ env, home: folder, cwd: folder });

function valueAt(tree: unknown, path: string): unknown {
  return path.split(".").reduce<unknown>((node, name) => (node as Record<string, unknown>)?.[name], tree);
}

describe("a secret from a file", () => {
  it.each(
    NAMED_KEYS.filter(({ key }) => key.secret === true).map(({ path, variable, fileVariable }) => [
      path,
      variable,
      fileVariable ?? "",
    ]),
  )("sets %s: %s or %s", async (path, variable, fileVariable) => {
    const value = VALUES[path] ?? "";
    expect(fileVariable).toBe(`${variable}_FILE`);
    expect(CONFIG_ENVIRONMENT[fileVariable]).toBe(path);
    for (const end of ["", "\n", "\r\n"]) {
      const { config, sources, warnings } = await load({ [fileVariable]: await file("value", `${value}${end}`) });
      expect(valueAt(config, path)).toBe(value);
      expect(sources[path]).toBe(fileVariable);
      expect(warnings).toEqual([]);
    }
    const both = load({ [fileVariable]: await file("value", value), [variable]: value });
    await expect(both).rejects.toMatchObject({ code: "invalid_argument", option: path });
    await expect(both).rejects.toThrow(`by ${variable} and by the file that ${fileVariable} names`);
  });

  it("leaves further lines, and spaces, as they are, so that a mistake is no other secret", async () => {
    const { config } = await load({ AAASM_TOKEN_KEY_FILE: await file("value", ` ${SECRET}\n\n`) });
    expect(config.storage.token_key).toBe(` ${SECRET}\n`);
  });

  it("may be a list in JSON, through links as platforms make them, relative to the working folder", async () => {
    await mkdir(join(folder, "..data"));
    const path = await file("..data/key", JSON.stringify([SECRET, `${SECRET}2`]));
    await symlink(path, join(folder, "key"));
    expect((await load({ AAASM_TOKEN_KEY_FILE: "key" })).config.storage.token_key).toEqual([SECRET, `${SECRET}2`]);
  });

  it("is overridden by a flag, and overrides the configuration file", async () => {
    const path = await file("config.yaml", "storage: { postgres: { database_url: postgres://from-file/db } }");
    const env = { AAASM_DATABASE_URL_FILE: await file("url", "postgres://from-secret/db\n") };
    const urlOf = async (flags: object) =>
      (await loadConfigWithSources({ path, env, flags, home: folder })).config.storage.postgres.database_url;
    expect(await urlOf({})).toBe("postgres://from-secret/db");
    expect(await urlOf({ databaseUrl: "postgres://from-flag/db" })).toBe("postgres://from-flag/db");
  });

  it.each([
    ["that is not there", () => join(folder, "none"), "not_found", /does not exist/],
    ["that is empty", () => file("empty", "\n"), "invalid_argument", /is empty/],
    ["that is a folder", () => folder, "invalid_argument", /regular file/],
    ["that is too large", () => file("large", "x".repeat(70_000)), "too_large", /AAASM_DATABASE_URL_FILE/],
    ["that holds no URL", () => file("none-such", SECRET), "invalid_argument", /a string of \d+ characters/],
  ] as const)("in a file %s is refused by the variable, without its content", async (_, make, code, said) => {
    const loading = load({ AAASM_DATABASE_URL_FILE: await make() });
    await expect(loading).rejects.toMatchObject({ code, message: expect.stringMatching(said) });
    await expect(loading).rejects.toThrow(/AAASM_DATABASE_URL_FILE/);
    await expect(loading).rejects.toThrow(expect.objectContaining({ message: expect.not.stringContaining(SECRET) }));
  });

  it("in the place of the file's name is refused, and not shown", async () => {
    const loading = load({ AAASM_DATABASE_URL_FILE: `postgres://u:${SECRET}@h/db` });
    await expect(loading).rejects.toThrow(/the path of a file that holds the value/);
    await expect(loading).rejects.toThrow(expect.objectContaining({ message: expect.not.stringContaining(SECRET) }));
  });

  it.skipIf(process.platform === "win32")("that all users may read is warned of", async () => {
    const path = await file("open", "postgres://h/db", 0o644);
    const { warnings } = await load({ AAASM_DATABASE_URL_FILE: path });
    expect(warnings.map(({ message }) => message)).toEqual([
      `environment variable AAASM_DATABASE_URL_FILE: every user of this machine may read the file ${path}. Run chmod 0600 on it.`,
    ]);
  });

  it("is masked where it is shown", () => {
    for (const value of Object.values(VALUES).slice(1)) expect(maskUrl(value)).not.toContain(SECRET);
  });
});
