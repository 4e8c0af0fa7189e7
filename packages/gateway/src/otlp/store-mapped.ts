import type { RejectionCode } from "@agent-assembly/storage-core";
import type { GatheredAppends } from "./gathered-appends.js";
import type { MappedRequest } from "./mapping/map-request.js";
import type { Outcome, RejectedItem } from "./outcome.js";

const REASONS: Readonly<Record<RejectionCode, string>> = {
  invalid_argument: "has a member that cannot be stored",
  too_large: "its payload is larger than the store accepts",
  out_of_range: "its time lies further from now than the store accepts",
  conflict: "another event of the same time and id is stored, and stays",
};

/** Stores the events of a request; resolves once they are durable. */
export async function storeMapped(
  { items, events, owners, rejected: unmapped, ignored }: MappedRequest,
  appends: Pick<GatheredAppends, "append">,
): Promise<Outcome> {
  const rejected = new Map(unmapped.map((item) => [item.index, item]));
  if (events.length > 0) {
    for (const { index: at, code } of await appends.append(events)) {
      const owner = owners[at] as number;
      if (!rejected.has(owner)) rejected.set(owner, { index: owner, code, reason: REASONS[code] });
    }
  }
  return { items, rejected: inOrder(rejected), ignored };
}

function inOrder(rejected: ReadonlyMap<number, RejectedItem>): RejectedItem[] {
  return [...rejected.values()].sort((a, b) => a.index - b.index);
}
