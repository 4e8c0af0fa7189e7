import { describe, expect, it } from "vitest";
import { checkEvents, type EventPlaces } from "../src/checks/events.js";
import { Findings } from "../src/checks/findings.js";
import type { History } from "../src/checks/history.js";
import { checkTails } from "../src/checks/tails.js";
import type { Age } from "../src/journal.js";

/** Events `a`, `b` and `c`, sent and acknowledged one after the other, a second apart, and given to one follower. */
function history(members: Partial<{ followed: string[]; age: Age; stored: string[] }> = {}): History {
  const { followed = ["a", "b", "c"], age = "new", stored = ["a", "b", "c"] } = members;
  const ids = ["a", "b", "c"];
  return {
    sent: new Map(ids.map((id, n) => [id, { id, agentId: "x", age, at: n * 1000 }])),
    stored: new Map(stored.map((id) => [id, ids.indexOf(id) * 1000 + 1])),
    followers: [{ since: -1, ids: followed }],
    entries: [],
  };
}

function places(stored: string[], archived: string[] = [], heldAgents: string[] = []): EventPlaces {
  const counts = new Map<string, number>();
  for (const id of stored) counts.set(id, (counts.get(id) ?? 0) + 1);
  return { stored: counts, archived: new Set(archived), heldAgents: new Set(heldAgents) };
}

function found(check: (findings: Findings) => void): readonly string[] {
  const findings = new Findings();
  check(findings);
  return findings.lines;
}

describe("what is found in a soak's end", () => {
  const all = ["a", "b", "c"];

  it("is nothing where all is well", () => {
    expect(found((findings) => checkEvents(history(), places(all), findings))).toEqual([]);
    expect(found((findings) => checkTails(history(), places(all), findings))).toEqual([]);
    expect(found((findings) => checkEvents(history({ age: "old" }), places(["a"], ["b", "c"]), findings))).toEqual([]);
    const heldSince = places(all, ["c"], ["x"]);
    expect(found((findings) => checkEvents(history({ age: "old" }), heldSince, findings))).toEqual([]);
  });

  it.each<[what: string, History, EventPlaces, RegExp]>([
    ["an acknowledged event that is gone", history(), places(["a", "b"]), /is lost \(new\): c$/],
    ["one that is there twice", history(), places([...all, "b"]), /stored twice: b$/],
    ["one that is in both places", history({ age: "old" }), places(all, ["c"]), /and in the archive: c$/],
    ["one that was not sent", history(), places([...all, "d"]), /never sent: d$/],
    ["an archived one that was not sent", history(), places(all, ["d"]), /archived event was never sent: d$/],
    ["an archived one of now", history(), places(["a", "b"], ["c"]), /new event was archived: c$/],
    ["an archived one under a hold", history({ age: "held" }), places(["a", "b"], ["c"]), /under a hold.*: c$/],
  ])("is %s", (_what, all, where, said) => {
    expect(found((findings) => checkEvents(all, where, findings))).toEqual([expect.stringMatching(said)]);
  });

  it.each<[what: string, followed: string[], RegExp]>([
    ["an event that a follower was not given", ["a", "c"], /not given an event: b$/],
    ["one that it was given twice", ["a", "b", "c", "b"], /given an event twice: b$/],
    ["one that comes late", ["b", "a", "c"], /after a later one: a$/],
    ["one that was never sent", ["a", "b", "c", "d"], /never sent: d$/],
  ])("is %s", (_what, followed, said) => {
    const lines = found((findings) => checkTails(history({ followed }), places(all), findings));
    expect(lines).toContainEqual(expect.stringMatching(said));
  });

  it("is not the order of events that were under way together, nor an old one that may be gone", () => {
    const together = history({ followed: ["b", "a", "c"], stored: ["b", "c"] });
    expect(found((findings) => checkTails(together, places(all), findings))).toEqual([]);
    const old = history({ followed: ["a", "c"], age: "old" });
    expect(found((findings) => checkTails(old, places(["a", "c"]), findings))).toEqual([]);
  });

  it("is one line for many of one kind", () => {
    const findings = new Findings();
    for (let n = 0; n < 8; n++) findings.add("lost", String(n));
    expect(findings.lines).toEqual(["lost: 0, 1, 2, 3, 4, and 3 more"]);
  });
});
