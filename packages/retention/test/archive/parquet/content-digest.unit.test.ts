import { createHash } from "node:crypto";
import { canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import { expect, it } from "vitest";
import { archivedRow } from "../../../src/archive/parquet/archived-row.js";
import { ContentDigest, contentLine } from "../../../src/archive/read/content-digest.js";
import { eventNumber, rowOf } from "../support/events.js";

const EVENTS = [
  eventNumber(1),
  eventNumber(2, { payload: { z: "\u0000\ud800", a: [1e21, -0, { b: null }] } }),
  eventNumber(3, {
    teamId: 'te"am',
    orgId: "o",
    sessionId: "s\n",
    traceId: "t",
    shadowDecision: "deny",
    matchedRuleId: "\u{1f600}",
    payload: null,
  }),
];

it("a line of content is the canonical JSON of the event", () => {
  for (const event of EVENTS) {
    const plain = { ...event, ts: event.ts.toISOString(), recordedAt: event.recordedAt.toISOString() };
    expect(contentLine(archivedRow(rowOf(event), 0))).toBe(`${canonicalJson(plain as unknown as JsonValue)}\n`);
  }
});

it("the digest is over the lines, however many there are", () => {
  const digest = new ContentDigest();
  const hash = createHash("sha256");
  for (let n = 0; n < 1000; n++) {
    const row = archivedRow(rowOf(eventNumber(n)), n);
    digest.add(row);
    hash.update(contentLine(row));
  }
  expect(digest.finish()).toBe(hash.digest("hex"));
});
