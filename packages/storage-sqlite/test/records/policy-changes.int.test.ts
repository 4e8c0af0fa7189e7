import { join } from "node:path";
import type { InvalidationEvent } from "@agent-assembly/storage-core/state";
import { expect, it } from "vitest";
import { openSqliteStorage } from "../../src/backend.js";
import { folderOfFile } from "../support/file-folder.js";

const folder = folderOfFile();
const changed = { type: "invalidated", name: "p" };
/** Told after everything that was made before it: what did not come by then does not come. */
const last = { type: "invalidated", name: "q" };

it("tells of activations and rollbacks of other connections, and of its own before they resolve", async () => {
  const path = join(folder, "changes.db");
  await using writer = await openSqliteStorage({ path });
  await using reader = await openSqliteStorage({ path });
  for (let n = 1; n <= 2; n++) await writer.policies.save({ name: "p", source: `n: ${n}` }, { actor: "me" });
  await writer.policies.save({ name: "q", source: "n: 1" }, { actor: "me" });
  await writer.policies.activate("p", 1, { actor: "me" });
  const events: InvalidationEvent[] = [];
  const own: InvalidationEvent[] = [];
  const end = reader.stateSupport?.policyChanges?.subscribe((event) => events.push(event));
  writer.stateSupport?.policyChanges?.subscribe((event) => own.push(event));
  expect(events[0]?.type).toBe("interrupted");
  await expect.poll(() => events.at(-1)?.type).toBe("resumed");
  await expect.poll(() => own.at(-1)?.type).toBe("resumed");
  events.splice(0);

  await writer.policies.activate("p", 2, { actor: "me" });
  expect(own.at(-1)).toEqual(changed);
  await expect.poll(() => events).toEqual([changed]);
  await writer.policies.rollback("p", { actor: "me" });
  await expect.poll(() => events).toEqual([changed, changed]);
  await expect(writer.policies.activate("p", 9, { actor: "me" })).rejects.toMatchObject({ code: "not_found" });
  await writer.audit.append([{ ts: new Date(), agentId: "a", action: "b", decision: "allow" }]);
  await writer.policies.activate("q", 1, { actor: "me" });
  await expect.poll(() => events).toEqual([changed, changed, last]);

  const others: InvalidationEvent[] = [];
  reader.stateSupport?.policyChanges?.subscribe((event) => others.push(event));
  end?.();
  await writer.policies.activate("p", 2, { actor: "me" });
  await expect.poll(() => others.at(-1)).toEqual(changed);
  expect(events).toEqual([changed, changed, last]);
});
