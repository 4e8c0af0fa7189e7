import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
import { expect, it } from "vitest";

const NOW = Date.UTC(2030, 0, 1);

async function storeWith(groups: number, limits?: { readonly maxSummaryGroups: number }) {
  const storage = openMemoryStorage({ clock: () => NOW, ...(limits === undefined ? {} : { limits }) });
  const events = Array.from({ length: groups }, (_, n) => ({
    ts: new Date(NOW),
    agentId: `agent-${n}`,
    action: "tool_call",
    decision: "allow",
  }));
  await storage.audit.append(events);
  return storage;
}

it("refuses a summary of more than 100,000 groups unless told otherwise", async () => {
  await using storage = await storeWith(100_001);
  await expect(storage.audit.summarize({}, { groupBy: ["agentId"] })).rejects.toMatchObject({
    code: "invalid_argument",
    message: expect.stringMatching(
      /more than 100000 groups\. Narrow the filter.* raise options\.limits\.maxSummaryGroups/,
    ),
  });
});

it.each([0, 1.5, 1_000_001, Number.NaN, "10"])("refuses %s as the number of groups", (maxSummaryGroups) => {
  expect(() => openMemoryStorage({ limits: { maxSummaryGroups: maxSummaryGroups as number } })).toThrow(
    /limits\.maxSummaryGroups must be a whole number from 1 to 1000000/,
  );
});
