import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { ANY_TIME, event, events } from "../../support/fixtures.js";
import { Follower } from "../../support/follower.js";

const CHECK_BYTES = 6;

/**
 * A cursor as a later release might make it: intact, but with another version. A backend with cursors of its own kind
 * gets a damaged one instead, which it must refuse as well.
 */
function ofOtherVersion(cursor: string): string {
  const bytes = Buffer.from(cursor, "base64url");
  let parts: unknown;
  try {
    parts = JSON.parse(bytes.subarray(CHECK_BYTES).toString());
  } catch {
    parts = undefined;
  }
  const [version, ...rest] = Array.isArray(parts) ? (parts as unknown[]) : [0, cursor];
  const body = Buffer.from(JSON.stringify([Number(version) + 1, ...rest]));
  const check = createHash("sha256").update(body).digest().subarray(0, CHECK_BYTES);
  return Buffer.concat([check, body]).toString("base64url");
}

export const cursorVersionCases = defineCases([
  {
    id: "audit.paging.other-version",
    title: "a cursor of another version is refused, never guessed at: by queries, lists and tails",
    async run({ storage }) {
      const backend = await storage(ANY_TIME);
      await backend.audit.append(events(3));
      for (const agentId of ["a", "b"]) await backend.agents.register({ agentId });
      const page = await backend.audit.query({}, { limit: 1 });
      const list = await backend.agents.list({}, { limit: 1 });
      const follower = await Follower.open(backend);
      await backend.audit.append([event(10)]);
      const [item] = await follower.read(1);
      await follower.stop();
      assert.ok(page.next !== undefined && list.next !== undefined && item !== undefined);
      const [cursor, listed, after] = [page.next, list.next, item.position].map(ofOtherVersion);
      await rejects(() => backend.audit.query({}, { limit: 1, cursor }), "invalid_argument", /cursor/);
      await rejects(() => backend.agents.list({}, { limit: 1, cursor: listed }), "invalid_argument", /cursor/);
      // A tail that takes the position must not wait for events for ever.
      const signal = AbortSignal.timeout(1000);
      const next = () => backend.audit.tail({}, { after, signal })[Symbol.asyncIterator]().next();
      await rejects(next, "invalid_argument", /cursor/);
    },
  },
]);
