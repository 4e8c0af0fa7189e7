import { createGateway } from "@agent-assembly/gateway";
import { openStorage } from "@agent-assembly/storage";
import type { AuditEvent, NewAuditEvent } from "@agent-assembly/storage-core";
import { expect, test } from "vitest";
import { eventsOfRequests, SPANS, traceRequests } from "../../src/gateway/spans.js";

const START = Date.UTC(2026, 0, 1);

/** Ids are random, and so are the digits that are made of them. */
function withoutIds({ eventId: _id, traceId, payload, ...event }: NewAuditEvent): object {
  const { span, ...members } = payload as { readonly span: object };
  return { ...event, traceId: traceId?.length, payload: { ...members, span: { ...span, id: undefined } } };
}

test("what the gateway is compared with appends the events that it makes of the spans", async () => {
  await using storage = await openStorage({
    backend: "memory",
    limits: { maxAgeMs: Number.POSITIVE_INFINITY, maxSkewMs: Number.POSITIVE_INFINITY },
  });
  const gateway = createGateway(storage, { anonymous: ["ingest"] });
  const [body] = traceRequests(1, START) as [Uint8Array<ArrayBuffer>];
  const headers = { "content-type": "application/x-protobuf", "content-encoding": "gzip", host: "127.0.0.1" };
  const response = await gateway.fetch(new Request("http://127.0.0.1/v1/traces", { method: "POST", headers, body }));
  expect([response.status, await response.text()]).toEqual([200, ""]);

  const stored: AuditEvent[] = [];
  for await (const event of storage.audit.stream()) stored.push(event);
  const [appended] = eventsOfRequests(1, START) as [NewAuditEvent[]];
  expect(appended).toHaveLength(SPANS);
  const known = stored.map(({ recordedAt: _, dryRun: __, ...event }) => withoutIds(event));
  expect(known).toEqual(appended.map(withoutIds));
});
