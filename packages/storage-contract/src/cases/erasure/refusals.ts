import assert from "node:assert/strict";
import type { ErasureRequest } from "@agent-assembly/storage-core";
import { defineCases } from "../../contract-case.js";
import { rejects } from "../../support/assert.js";
import { erasureCase, mixedEvents, request, storedEvents, subjectEvent } from "./support.js";

const BAD: readonly [request: Partial<Record<keyof ErasureRequest, unknown>>, option: string, message?: RegExp][] = [
  [{ filter: {} }, "request.filter", /no condition/],
  [{ filter: { agent: "a" } }, "request.filter"],
  [{ parts: [] }, "request.parts"],
  [{ parts: "agentId" }, "request.parts"],
  [{ parts: ["agentid"] }, "request.parts[0]", /Did you mean "agentId"/],
  [{ parts: ["agentId", "what"] }, "request.parts[1]", /cannot be erased/],
  [{ parts: ["decision"] }, "request.parts[0]", /"what"/],
  [{ parts: ["eventId"] }, "request.parts[0]", /cannot be erased/],
  [{ parts: ["payload:/arguments/to"] }, "request.parts[0]", /"payload:\/arguments"/],
  [{ parts: ["payload:/a~b"] }, "request.parts[0]", /JSON Pointer/],
  [{ parts: ["/arguments"] }, "request.parts[0]", /"payload:\/NAME"/],
  [{ parts: [7] }, "request.parts[0]"],
  [{ request: "" }, "request.request"],
  [{ basis: undefined }, "request.basis"],
  [{ actor: "a".repeat(513) }, "request.actor"],
  [{ why: "so" } as object, "request"],
];

export const erasureRefusalCases = defineCases([
  erasureCase(
    "erasure.requests.refused",
    "a request that cannot be right is refused with what is wrong, by the plan too",
    async (backend) => {
      await backend.audit.append(mixedEvents(2));
      for (const [members, option, message] of BAD) {
        const bad = { ...request(), ...members } as ErasureRequest;
        const expected = { option, ...(message !== undefined && { message }) };
        if (option === "request" || option === "request.filter") {
          await rejects(backend.erase(bad), "invalid_argument", message ?? /./);
          continue;
        }
        await rejects(backend.erase(bad), "invalid_argument", expected);
        await rejects(backend.planErasure(bad), "invalid_argument", expected);
      }
      await rejects(
        backend.erase(request({ parts: Array.from({ length: 65 }, (_, n) => `payload:/${n}`) })),
        "too_large",
      );
      await rejects(backend.erase(request(), { force: true } as object), "invalid_argument");
      await rejects(backend.erasures({ limit: 0 }), "invalid_argument");
      assert.deepEqual(await backend.erasures(), []);
      assert.equal(await backend.audit.count({ agentId: "subject" }), 1);
    },
  ),
  erasureCase(
    "erasure.requests.behind-the-32nd",
    "a member that is one of those behind the 32nd is refused with the part that holds it, and nothing is erased",
    async (backend) => {
      const members = Array.from({ length: 40 }, (_, n) => [`m${String(n).padStart(2, "0")}`, n]);
      await backend.audit.append([subjectEvent(0), subjectEvent(1, { payload: Object.fromEntries(members) })]);
      const before = await storedEvents(backend);
      const wanted = request({ parts: ["agentId", "payload:/m39"] });
      const { refusals } = await backend.planErasure(wanted);
      assert.deepEqual(refusals, [{ kind: "part", part: "payload:/m39", heldBy: "payload:*", events: 1 }]);
      await rejects(backend.erase(wanted), "conflict", /"payload:\/m39".*"payload:\*"/);
      assert.deepEqual(await storedEvents(backend), before);
      const { events } = await backend.erase(request({ parts: ["agentId", "payload:/m39", "payload:*"] }));
      assert.equal(events, 2);
    },
  ),
  erasureCase(
    "erasure.holds.refuse",
    "a legal hold on one of the events refuses all of them, by its id, until it is released",
    async (backend) => {
      await backend.audit.append(mixedEvents(8));
      const before = await storedEvents(backend);
      const place = (members: object) => backend.holds.place({ reason: "claim", actor: "counsel", ...members });
      const [third] = before.slice(2, 3);
      assert.ok(third !== undefined);
      const held = await place({ from: third.ts, to: new Date(third.ts.getTime() + 1) });
      const other = await place({ agentId: "agent-1" });
      const plan = await backend.planErasure(request());
      assert.deepEqual(plan.refusals, [{ kind: "hold", holdId: held.holdId, events: 1 }]);
      await rejects(backend.erase(request()), "conflict", new RegExp(held.holdId));
      assert.deepEqual(await storedEvents(backend), before);
      assert.deepEqual(await backend.erasures(), []);
      await backend.holds.release(held.holdId, { actor: "counsel", reason: "settled" });
      assert.equal((await backend.erase(request())).events, 4);
      assert.equal((await backend.holds.list()).length, 1);
      assert.equal(other.state, "in_force");
    },
  ),
  erasureCase(
    "erasure.holds.placed-meanwhile",
    "a legal hold that is placed once the erasure has begun is respected, too",
    async (backend) => {
      await backend.audit.append(mixedEvents(8));
      let holdId = "";
      const archive = {
        url: "memory:",
        async plan() {
          // The last step before the first event is erased.
          ({ holdId } = await backend.holds.place({ teamId: "team-1", reason: "claim", actor: "counsel" }));
          return { url: "memory:", archiveIds: [], events: 0, files: 0, remains: [], refusals: [] };
        },
        erase: async () => assert.fail("the rows were not erased"),
      };
      await rejects(backend.erase(request(), { archives: [archive] }), "conflict", /legal hold/);
      assert.notEqual(holdId, "");
      assert.equal(await backend.audit.count({ agentId: "subject" }), 4);
      const [record] = await backend.erasures();
      assert.equal(record?.state, "failed");
      assert.ok(record.detail.includes(holdId));
    },
  ),
]);
