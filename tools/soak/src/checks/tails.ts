import type { EventPlaces } from "./events.js";
import type { Findings } from "./findings.js";
import type { History } from "./history.js";

/** Of the processes of one machine, at most. */
const CLOCKS_DIFFER_MS = 100;

/** Tails deliver each event once, leave none out, and keep the order. */
export function checkTails(history: History, { stored }: EventPlaces, findings: Findings): void {
  for (const [n, { since, ids }] of history.followers.entries()) {
    const seen = new Set<string>();
    for (const id of ids) {
      if (seen.has(id)) findings.add(`follower ${n + 1} was given an event twice`, id);
      seen.add(id);
      if (!history.sent.has(id)) findings.add(`follower ${n + 1} was given an event that was never sent`, id);
    }
    // What is old may be gone before a follower that was killed comes back to it.
    for (const { id, at, age } of history.sent.values()) {
      if (age !== "old" && at > since && stored.has(id) && !seen.has(id)) {
        findings.add(`follower ${n + 1} was not given an event`, id);
      }
    }
    checkOrder(ids, n + 1, history, findings);
  }
}

/** What was acknowledged before another event was sent comes before it; what was under way together comes in either order. */
function checkOrder(ids: readonly string[], follower: number, { sent, stored }: History, findings: Findings): void {
  let latest = 0;
  for (const id of ids) {
    const acknowledged = stored.get(id);
    if (acknowledged !== undefined && acknowledged + CLOCKS_DIFFER_MS < latest) {
      findings.add(`follower ${follower} was given an event after a later one`, id);
    }
    latest = Math.max(latest, sent.get(id)?.at ?? 0);
  }
}
