import { StorageError } from "@agent-assembly/storage-core";
import { describe, expect, it } from "vitest";
import { importModule } from "../src/backends/load-module.js";
import { configKeyOf } from "../src/config/option-keys.js";
import { configSchema } from "../src/config/schema/schema.js";
import { loadConfig } from "../src/index.js";
import { loadTarget } from "../src/load-target.js";
import { openWith } from "../src/open.js";
import { openSchemaWith } from "../src/schema-admin.js";
import { resolveTarget } from "../src/target.js";

const env = {
  AAASM_DATABASE_URL: "postgres://u@db/main",
  AAASM_POSTGRES_REPLICA_URL: "postgres://u@replica/main",
  AAASM_POSTGRES_MAX_REPLICA_LAG_MS: "250",
  AAASM_REDIS_URL: "redis://r",
  HOME: "/nowhere",
};

async function optionsOf(backend: "sqlite" | "postgres") {
  const config = await loadConfig({ env, home: "/nowhere", flags: { backend } });
  const storage = { ...config.storage, redis: { ...config.storage.redis, enabled: true } };
  const target = resolveTarget({ ...config, storage });
  const { options } = await loadTarget(target, importModule);
  const redis = target.state.shared && (await loadTarget(target.state.shared, importModule)).options;
  return { options, redis: redis ?? {} };
}

const keyOf = (backend: string, option: string): string | undefined =>
  configKeyOf(new StorageError({ code: "invalid_argument", message: "m", backend, option }));

/** Whether the schema has a key. */
async function exists(key: string): Promise<boolean> {
  const tree = key.split(".").reduceRight<unknown>((value, name) => ({ [name]: value }), Symbol("no value"));
  const parsed = await configSchema.safeParseAsync(tree);
  return parsed.error?.issues.every(({ code }) => code !== "unrecognized_keys") === true;
}

describe("configKeyOf", () => {
  it.each(["sqlite", "postgres"] as const)("knows every option that a configuration passes to %s", async (backend) => {
    const { options, redis } = await optionsOf(backend);
    for (const name of Object.keys(options)) {
      const key = keyOf(backend, `options.${name}`);
      expect([name, key !== undefined && (await exists(key))]).toEqual([name, true]);
    }
    expect(Object.keys(redis)).toContain("prefix");
    for (const name of Object.keys(redis)) {
      const key = keyOf("redis", `options.${name}`);
      expect([name, key !== undefined && (await exists(key))]).toEqual([name, true]);
    }
  });

  it("knows nothing of other options and of errors that name none", () => {
    expect(keyOf("sqlite", "options.busyTimeoutMs")).toBeUndefined();
    expect(keyOf("elsewhere", "options.path")).toBeUndefined();
    expect(configKeyOf(new StorageError({ code: "busy", message: "m" }))).toBeUndefined();
  });

  it("leaves a key as it is", () => {
    expect(keyOf("sqlite", "storage.sqlite.path")).toBe("storage.sqlite.path");
    expect(keyOf("sqlite", "storage.redis.url")).toBeUndefined();
  });

  it("names keys of the gateway, whose certificate and key go together", async () => {
    for (const name of ["host", "port", "otlpPort", "tls.certFile", "tls.keyFile", "publicUrl"]) {
      expect(await exists(keyOf("gateway", `options.${name}`) as string)).toBe(true);
    }
    for (const [given, missing] of [
      ["AAASM_GATEWAY_CERT_FILE", "gateway.key_file"],
      ["AAASM_GATEWAY_KEY_FILE", "gateway.cert_file"],
    ] as const) {
      const loading = loadConfig({ env: { HOME: "/nowhere", [given]: "tls.pem" }, home: "/nowhere" });
      await expect(loading).rejects.toMatchObject({ code: "invalid_argument", option: missing });
    }
    const env = { HOME: "/nowhere", AAASM_GATEWAY_CERT_FILE: "cert.pem", AAASM_GATEWAY_KEY_FILE: "~/key.pem" };
    const { gateway } = await loadConfig({ env, home: "/nowhere", cwd: "/srv" });
    expect(gateway).toMatchObject({ cert_file: "/srv/cert.pem", key_file: "/nowhere/key.pem" });
  });

  it("names keys of the archive", async () => {
    for (const name of ["endpoint", "region", "forcePathStyle"]) {
      expect(await exists(keyOf("archive", `options.s3.${name}`) as string)).toBe(true);
    }
    expect(await exists("storage.retention.s3.regio")).toBe(false);
  });
});

describe("an error about an option", () => {
  const refuse = async (): Promise<never> => {
    const remedy = 'Set {option} to "prefer".';
    throw new StorageError({ code: "unsupported", message: "it is missing", option: "options.timescaledb", remedy });
  };
  const backendModule = {
    version: 1,
    name: "postgres",
    open: refuse,
    schema: { migrate: refuse, status: refuse, verify: refuse },
  };
  const load = async () => ({ backendModule });

  it("names the key where a configuration sets the option", async () => {
    const config = await loadConfig({ env, home: "/nowhere", flags: { backend: "postgres" } });
    const remedy = 'Set storage.postgres.timescaledb.mode to "prefer".';
    const error = { option: "storage.postgres.timescaledb.mode", message: `it is missing. ${remedy}`, remedy };
    await expect(openWith(load, config)).rejects.toMatchObject({ ...error, operation: "open", backend: "postgres" });
    await expect((await openSchemaWith(load, config)).status()).rejects.toMatchObject(error);
  });

  it("names the option where code does", async () => {
    const options = { backend: "postgres", url: env.AAASM_DATABASE_URL } as const;
    const error = { option: "options.timescaledb", remedy: 'Set options.timescaledb to "prefer".' };
    await expect(openWith(load, options)).rejects.toMatchObject(error);
    await expect((await openSchemaWith(load, options)).migrate()).rejects.toMatchObject(error);
  });
});
