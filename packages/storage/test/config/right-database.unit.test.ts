import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type ConfigFlags, checkConfig, loadConfig, loadConfigWithSources } from "../../src/index.js";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "aasm-right-database-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const URL = "postgres://app:secret@one:1,two/gov";

/** Backend and warnings for an environment, flags and a file. */
async function outcomeOf(
  env: NodeJS.ProcessEnv,
  flags: ConfigFlags = {},
  yaml = "",
): Promise<[string, string, string[]]> {
  const path = join(folder, "config.yaml");
  await writeFile(path, yaml);
  const { config, warnings } = await loadConfigWithSources({ env, flags, path, home: folder });
  return [config.mode, config.storage.backend, warnings.map(({ message }) => message)];
}

describe("the URL of a database without a mode", () => {
  it.each([
    ["a variable", { AAASM_DATABASE_URL: URL }, {}, ""],
    ["a flag", {}, { databaseUrl: URL }, ""],
    ["a file", {}, {}, `storage: { postgres: { database_url: "${URL}" } }`],
    ["a variable, over a file's path", { AAASM_DATABASE_URL: URL }, {}, "storage: { sqlite: { path: /x.db } }"],
  ] as const)("is used, from %s", async (_, env, flags, yaml) => {
    expect(await outcomeOf(env, flags, yaml)).toEqual(["remote", "postgres", []]);
  });

  it("is used with an empty mode, which counts as none", async () => {
    expect(await outcomeOf({ AAASM_DATABASE_URL: URL, AA_MODE: "" })).toEqual(["remote", "postgres", []]);
  });

  it("beside a path from the same kind of source is refused: nothing says which is used", async () => {
    const both = outcomeOf({ AAASM_DATABASE_URL: URL, AAASM_SQLITE_PATH: "/x.db" });
    await expect(both).rejects.toMatchObject({ code: "invalid_argument", option: "storage.postgres.database_url" });
    await expect(both).rejects.toThrow(/storage\.sqlite\.path are both set.*AAASM_STORAGE_BACKEND/);
    await expect(both).rejects.not.toThrow(/secret/);
  });
});

describe("the URL of a database that is not used", () => {
  it.each([
    ["the mode", { AA_MODE: "local" }, {}, "", /mode \(AA_MODE\) says sqlite.*mode to "remote"/],
    [
      "the backend",
      { AAASM_STORAGE_BACKEND: "memory" },
      {},
      "",
      /storage\.backend \(AAASM_STORAGE_BACKEND\) says memory/,
    ],
    ["a file's backend", {}, {}, "storage: { backend: sqlite }", /storage\.backend \(.*config\.yaml\) says sqlite/],
  ] as const)("because of %s is warned of", async (_, env, flags, yaml, said) => {
    const [, , warnings] = await outcomeOf({ AAASM_DATABASE_URL: URL, ...env }, flags, yaml);
    expect(warnings).toEqual([expect.stringMatching(said)]);
    expect(warnings[0]).toMatch(/AAASM_DATABASE_URL.*storage\.postgres\.database_url is set and not used/);
    expect(warnings[0]).not.toContain("secret");
  });

  it("because of a stronger source, or of the file that holds it, is not: that is what files and flags are for", async () => {
    expect(await outcomeOf({ AAASM_DATABASE_URL: URL }, { backend: "sqlite", path: "/x.db" })).toEqual([
      "local",
      "sqlite",
      [],
    ]);
    const file = `storage: { backend: sqlite, postgres: { database_url: "${URL}" } }`;
    expect(await outcomeOf({}, {}, file)).toEqual(["local", "sqlite", []]);
  });

  it("is a warning of the process for those who load the configuration alone", async () => {
    const emit = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
    try {
      await loadConfig({ env: { AAASM_DATABASE_URL: URL, AA_MODE: "local" }, home: folder });
      expect(emit).toHaveBeenCalledWith(expect.stringMatching(/set and not used/), { code: "AAASM_CONFIGURATION" });
    } finally {
      emit.mockRestore();
    }
  });
});

describe("checking a configuration finds what else only opening does", () => {
  const check = async (env: NodeJS.ProcessEnv): Promise<void> =>
    checkConfig((await loadConfigWithSources({ env, home: folder })).config);

  it.each([
    ["sslmode", { AAASM_DATABASE_URL: "postgres://h/db?sslmode=verify" }, /sslmode.*verify-ca/],
    ["a parameter", { AAASM_DATABASE_URL: "postgres://h/db?target_session_attr=any" }, /target_session_attr.*unknown/],
    [
      "a certificate",
      { AAASM_DATABASE_URL: "postgres://h/db?sslmode=verify-full&sslrootcert=/none.pem" },
      /\/none\.pem/,
    ],
    ["a template", { AAASM_DATABASE_URL: "postgres://h/template1" }, /template database/],
    ["credentials in an archive's URL", { AAASM_RETENTION_ARCHIVE_URL: "s3://bucket/x?key=1" }, /archive_url/],
  ] as const)("%s", async (_, env, said) => {
    await expect(check(env)).rejects.toMatchObject({ code: "invalid_argument", message: expect.stringMatching(said) });
  });

  it("and accepts what is right, of servers that are not there", async () => {
    await check({ AAASM_DATABASE_URL: URL, AAASM_REDIS_ENABLED: "true", AAASM_REDIS_URL: "redis://nowhere:1" });
    await check({});
  });
});
