import { AUDIT_ACTIONS, type AuditStore, StorageError } from "@agent-assembly/storage-core";
import { describe, expect, test } from "vitest";
import { accessAuditCases, readsOf } from "./support/access-audit.js";
import { sentEvent, store } from "./support/events.js";
import { readSse } from "./support/sse.js";
import { identity, type TestApi, testApi } from "./support/test-api.js";

const recorded = (options = {}): Promise<TestApi> => testApi({ accessAudit: true, ...options });

describe("reads of payloads on SQLite", () => accessAuditCases(recorded));

/** A store that takes events, and no records of what happens to them. @param after so many records */
async function withoutRecords(after = 0, onError?: (error: unknown) => void): Promise<TestApi> {
  let taken = 0;
  return recorded({
    ...(onError !== undefined && { onError }),
    wrap: (storage: TestApi["storage"]) => {
      const append: AuditStore["append"] = async (events) => {
        const isRecord = events.some(({ action }) => action === AUDIT_ACTIONS.governance);
        if (isRecord && ++taken > after)
          throw new StorageError({ code: "unavailable", message: "secret-host is away" });
        return storage.audit.append(events);
      };
      const audit = new Proxy(storage.audit, {
        get: (target, name) => (name === "append" ? append : Reflect.get(target, name)),
      });
      return new Proxy(storage, { get: (target, name) => (name === "audit" ? audit : Reflect.get(target, name)) });
    },
  });
}

test("a read whose record cannot be stored fails, and shows nothing", async () => {
  const api = await withoutRecords();
  const event = sentEvent({ eventId: "019ad4c2-7f00-7000-8000-0000000000ab", payload: { arguments: "s3cret" } });
  await store(api, event);
  const paths = ["/events", `/events/${event.ts}/${event.eventId}`, "/logs", "/events/export", "/events/tail"];
  for (const path of paths) {
    const { status, text } = await api.call("GET", path);
    expect([path, status]).toEqual([path, 503]);
    expect(text).not.toContain("s3cret");
    expect(text).not.toContain("secret-host");
  }
});

test("nothing is decided where the read of the request cannot be recorded", async () => {
  const api = await withoutRecords();
  const json = { agentId: "bot", action: "x", request: { amount: 1 } };
  const { requestId, digest } = (await api.call("POST", "/approvals", { json })).body;
  const decided = await api.call("POST", `/approvals/${requestId}/decide`, { json: { verdict: "approve", digest } });
  expect(decided.status).toBe(503);
  expect((await api.storage.approvals.get(requestId))?.state).toBe("pending");
});

test("an export whose end cannot be recorded is broken off", async () => {
  const errors: unknown[] = [];
  const api = await withoutRecords(1, (error) => errors.push(error));
  await store(api, sentEvent());
  const response = await api.fetch("GET", "/events/export");
  await expect(response.text()).rejects.toThrow();
});

test("the end of a tail that cannot be recorded is told to the operator", async () => {
  const errors: unknown[] = [];
  const api = await withoutRecords(1, (error) => errors.push(error));
  const tail = readSse(await api.fetch("GET", "/events/tail"));
  await tail.next();
  await tail.return(undefined);
  await expect.poll(() => errors).toMatchObject([{ code: "unavailable" }]);
});

test("HEAD begins no stream that nothing ends", async () => {
  const api = await recorded();
  await store(api, sentEvent());
  const as = identity("hal", ["read"]);
  for (const path of ["/events/tail", "/events/export"]) {
    expect((await api.fetch("HEAD", path, { as })).status).toBe(200);
  }
  await expect
    .poll(async () => (await readsOf(api, "hal")).map(({ change }) => change).toSorted())
    .toEqual(["payloads.stream_began", "payloads.stream_began", "payloads.stream_ended", "payloads.stream_ended"]);
});

test("nothing is recorded unless it is asked for", async () => {
  const api = await testApi();
  await store(api, sentEvent());
  await api.call("GET", "/events");
  expect(await readsOf(api, "operator")).toEqual([]);
});
