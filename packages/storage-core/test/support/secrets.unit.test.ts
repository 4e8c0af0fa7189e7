import { inspect } from "node:util";
import { StorageError } from "@agent-assembly/storage-core";
import { errorInit, maskSecrets, maskUrl, mayHoldSecret, safeCause } from "@agent-assembly/storage-core/backend";
import fc from "fast-check";
import { describe, expect, it } from "vitest";

/** Every printable character of ASCII; long enough that a part of it is not in a text by chance. */
const password = fc.string({
  unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 12,
  maxLength: 40,
});

const WINDOW = 6;

/** Not the whole of it either percent-encoded, nor a part of it. */
function expectNothingOf(secret: string, shown: string): void {
  for (let at = 0; at + WINDOW <= secret.length; at++) {
    const part = secret.slice(at, at + WINDOW);
    if (shown.includes(part))
      expect.fail(`${JSON.stringify(part)} of ${JSON.stringify(secret)} is in ${JSON.stringify(shown)}`);
  }
  expect(shown).not.toContain(encodeURIComponent(secret));
}

const urls = (secret: string): string[] => [
  `postgres://app:${secret}@db.internal:5432/audit`,
  `postgres://app:${encodeURIComponent(secret)}@db.internal/audit?sslmode=require`,
  `redis://:${secret}@cache.internal`,
  `https://${encodeURIComponent(secret)}@storage.internal/bucket`,
  `postgres://db.internal/audit?password=${encodeURIComponent(secret)}`,
];

describe("maskUrl", () => {
  it("shows nothing of a password, whatever it holds", () => {
    fc.assert(
      fc.property(password, (secret) => {
        for (const url of urls(secret)) expectNothingOf(secret, maskUrl(url));
      }),
      { numRuns: 1000 },
    );
  });

  it.each([
    ["postgres://app:1#2@db/audit", "postgres://***"],
    ["postgres://app:1/2@db/audit", "postgres://***"],
    ["postgres://app:1?2@db/audit", "postgres://***"],
    ["postgres://app:secret@db/audit#fragment", "postgres://app:***@db/audit#***"],
    ["postgres://db/audit?a%20b=c&sslmode=require", "postgres://db/audit?***&sslmode=***"],
    ["https://token@host/path", "https://***@host/path"],
    ["file:///var/lib/archive", "file:///var/lib/archive"],
    ["not a url", "***"],
  ])("makes %s %s", (url, shown) => {
    expect(maskUrl(url)).toBe(shown);
  });
});

describe("maskSecrets", () => {
  it("shows nothing of a password in a URL or a connection string, wherever in the text that is", () => {
    fc.assert(
      fc.property(
        password,
        fc.constantFrom("", " failed", ", or s3://bucket/prefix", "\nnext line"),
        (secret, after) => {
          for (const url of urls(secret).slice(0, 4))
            expectNothingOf(secret, maskSecrets(`cannot open "${url}"${after}`));
          const quoted = secret.replaceAll(/[\\']/g, "\\$&");
          for (const named of [
            `host=db password='${quoted}' user=app`,
            `PASSWORD = ${secret.replaceAll(" ", "_")} host=db`,
            `{"password":${JSON.stringify(secret)},"host":"db"}`,
            `secretAccessKey=${secret.replaceAll(" ", "_")}`,
          ]) {
            expectNothingOf(secret.replaceAll(" ", "_"), maskSecrets(`${named}${after}`));
            expectNothingOf(secret, maskSecrets(`${named}${after}`));
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each([
    "Set it to a URL such as postgres://user@host:5432/database.",
    "file:///app/node_modules/@agent-assembly/storage/dist/index.js",
    "archive s3://bucket/prefix: it does not exist. Run npm install @agent-assembly/retention.",
    "options.password must be a string, got a number",
  ])("leaves %s as it is", (text) => {
    expect(maskSecrets(text)).toBe(text);
  });

  it("takes time in proportion to the text", () => {
    for (const part of ["a", "://", "a://", "@", "a://@", "password=", "'", "://@ ", "a:// ", "@a://", "a@ "]) {
      // The square of it would take minutes.
      expect(maskSecrets(part.repeat(200_000))).toBeTypeOf("string");
    }
  });

  it("knows what may hold a secret by its marks", () => {
    for (const text of ["postgres://h", "user@host", "password=x"]) expect(mayHoldSecret(text)).toBe(true);
    for (const text of ["sqlite", "7 days", "./module.js"]) expect(mayHoldSecret(text)).toBe(false);
  });
});

/** As drivers do it: values in message, detail, hint, statement and parameters, and in a stack. */
class DriverError extends Error {
  override readonly name = "PostgresError";
  readonly code = "P0001";
  readonly severity = "ERROR";
  readonly table_name = "audit_events";
  readonly hint: string;
  readonly query: string;
  readonly parameters: readonly string[];
  readonly input: string;
  constructor(
    readonly detail: string,
    cause?: unknown,
  ) {
    super(`refused ${detail}\n    at ${detail} (injected:1:1)`, { cause });
    this.hint = detail;
    this.query = `INSERT ... '${detail}'`;
    this.parameters = [detail];
    this.input = detail;
  }
}

describe("the cause of an error", () => {
  it("keeps codes and names, and nothing of what was stored", () => {
    fc.assert(
      fc.property(password, (secret) => {
        const error = new StorageError({
          code: "internal",
          message: "m",
          cause: new DriverError(secret, new Error(secret)),
        });
        const again = new StorageError({ ...errorInit(error), option: "options.url" });
        for (const one of [error, again]) {
          expect(one.cause).toMatchObject({
            name: "PostgresError",
            code: "P0001",
            severity: "ERROR",
            table_name: "audit_events",
          });
          expectNothingOf(secret, inspect(one, { depth: 10, showHidden: true }));
          expectNothingOf(secret, `${one.stack}${(one.cause as Error).stack}${JSON.stringify(one)}`);
        }
      }),
    );
  });

  it("keeps where it happened", () => {
    expect(safeCause(new TypeError("secret")).stack).toMatch(/^TypeError\n {4}at .*secrets\.unit\.test/);
    const changed = new Error("x");
    expect(changed.stack).toMatch(/^Error: x/);
    expect(safeCause(Object.assign(changed, { message: "secret" })).stack).toBe("Error");
    expect(safeCause("secret").message).toBe("thrown string");
    expect(safeCause(null).message).toBe("thrown null");
  });

  it("is masked like the texts of the error itself", () => {
    const url = "postgres://app:hunter2hunter2@db/audit";
    const error = new StorageError({
      code: "invalid_argument",
      message: `{option} is ${url}`,
      option: url,
      location: { kind: "PostgreSQL", place: url },
      remedy: `Do not write ${url}.`,
    });
    expectNothingOf(
      "hunter2hunter2",
      inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error) + error.stack,
    );
  });
});
