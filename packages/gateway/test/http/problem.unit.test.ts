import { STORAGE_ERROR_CODES, StorageError, type StorageErrorCode } from "@agent-assembly/storage-core";
import { expect, test } from "vitest";
import { problem, problemOf, problemResponse } from "../../src/http/problem.js";

const LOCATION = { kind: "PostgreSQL", place: "db.internal:5432/audit" };
const CAUSE = new Error("connect ECONNREFUSED 10.0.0.7:5432");

function failure(code: StorageErrorCode): StorageError {
  return new StorageError({
    code,
    option: "filter.agentId",
    message: "{option} names something",
    remedy: "Change {option}.",
    location: LOCATION,
    operation: "audit.query",
    backend: "postgres",
    cause: CAUSE,
  });
}

test("every code of the store has a status, and none tells about the inside of the server", async () => {
  const statuses: Record<string, number> = {};
  for (const code of STORAGE_ERROR_CODES) {
    const response = problemResponse(problemOf(failure(code)));
    statuses[code] = response.status;
    const text = await response.text();
    expect(text).not.toMatch(/db\.internal|10\.0\.0\.7|ECONNREFUSED|audit\.query|postgres| at /i);
    expect(JSON.parse(text)).toMatchObject({ type: "about:blank", status: response.status, code });
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("cache-control")).toBe("no-store");
  }
  expect(statuses).toEqual({
    invalid_argument: 400,
    too_large: 413,
    not_found: 404,
    conflict: 409,
    unavailable: 503,
    timeout: 503,
    busy: 503,
    full: 507,
    permission_denied: 500,
    schema_outdated: 503,
    schema_newer: 503,
    migration_failed: 500,
    retention_failed: 500,
    unsupported: 501,
    corrupt: 500,
    closed: 503,
    internal: 500,
  });
});

test("an error about the request says what is at fault and what to do", async () => {
  const response = problemResponse(problemOf(failure("invalid_argument")));
  expect(await response.json()).toEqual({
    type: "about:blank",
    title: "Bad Request",
    status: 400,
    code: "invalid_argument",
    detail: "filter.agentId names something",
    retryable: false,
    remedy: "Change filter.agentId.",
    option: "filter.agentId",
  });
});

test("an error about the store says whether and when to try again", async () => {
  for (const code of ["busy", "unavailable", "timeout", "closed"] as const) {
    const response = problemResponse(problemOf(failure(code)));
    expect(response.headers.get("retry-after")).toBe("2");
    expect(await response.json()).toMatchObject({ retryable: true });
  }
  const full = problemResponse(problemOf(failure("full")));
  expect(full.headers.get("retry-after")).toBeNull();
  expect(await full.json()).toMatchObject({ title: "Insufficient Storage", retryable: false });
});

test("anything else that is thrown is an unexpected failure, without its text", async () => {
  for (const thrown of [new TypeError("x of undefined at /srv/app.js"), "text", undefined, { code: "busy" }]) {
    const response = problemResponse(problemOf(thrown));
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({
      type: "about:blank",
      title: "Internal Server Error",
      status: 500,
      code: "internal",
      detail: "the gateway failed unexpectedly",
      retryable: false,
    });
  }
});

test("a route's own problem may have another status and headers of its own", async () => {
  const stale = problem("conflict", "the revision is stale", { status: 412, headers: { etag: '"3"' } });
  const response = problemResponse(problemOf(stale));
  expect(response.status).toBe(412);
  expect(response.headers.get("etag")).toBe('"3"');
  expect(await response.json()).toMatchObject({ title: "Precondition Failed", code: "conflict", status: 412 });
});
