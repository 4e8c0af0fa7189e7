import { expect, test } from "vitest";
import { maskUrl, redactConfig } from "../src/config/redact.js";

test("passwords and query values are masked, the rest of the URL stays readable", () => {
  expect(maskUrl("postgres://app:secret@db:5432/audit?sslmode=require")).toBe(
    "postgres://app:***@db:5432/audit?sslmode=***",
  );
  expect(maskUrl("redis://host:6379")).toBe("redis://host:6379");
});

test("a URL that does not parse is masked whole", () => {
  expect(maskUrl("postgres//app:secret@db")).toBe("***");
});

test("a configuration keeps its shape and loses its secrets", () => {
  const config = {
    mode: "remote",
    storage: {
      postgres: { database_url: "postgres://a:p1@h/d", replica_url: "postgres://a:p6@r/d", max_connections: 20 },
      redis: { url: "rediss://u:p2@h" },
      retention: { archive_url: "s3://k:p3@bucket/x", dry_run: false },
    },
  };
  const redacted = redactConfig(config);
  expect(redacted.storage.postgres).toEqual({
    database_url: "postgres://a:***@h/d",
    replica_url: "postgres://a:***@r/d",
    max_connections: 20,
  });
  expect(JSON.stringify(redacted)).not.toMatch(/p1|p2|p3/);
  expect(config.storage.postgres.database_url).toContain("p1");
});

test("a key that signs tokens is masked whole, whatever it looks like, and one of a list as well", () => {
  for (const token_key of [
    "0123456789abcdef0123456789abcdef",
    "https://a:b@host/0123456789abcdef",
    ["k1-k1-k1", "k2"],
  ]) {
    expect(redactConfig({ storage: { token_key } })).toEqual({ storage: { token_key: "***" } });
  }
  expect(redactConfig({ storage: { token_key: undefined } })).toEqual({ storage: { token_key: undefined } });
});
