import type { AgentStorage } from "@agent-assembly/storage";
import { openMemoryApprovals } from "@agent-assembly/storage-core/state";
import { expect, test } from "vitest";
import { approvalsDecide } from "../../src/commands/approvals/decide.js";
import type { Context } from "../../src/context.js";
import { createStyle } from "../../src/terminal/style.js";

/** A terminal at which somebody answers. */
function terminal(storage: Partial<AgentStorage>, answer: boolean) {
  const printed: string[] = [];
  const asked: string[] = [];
  const out = {
    write: async (text: string) => void printed.push(text),
    line: async (text: string) => void printed.push(`${text}\n`),
  };
  const context = {
    out,
    json: false,
    interactive: true,
    style: createStyle(false),
    now: () => Date.now(),
    confirm: async (question: string) => {
      asked.push(question, printed.join(""));
      return answer;
    },
    changeStorage: (use: (storage: AgentStorage) => Promise<unknown>) => use(storage as AgentStorage),
  };
  return { context: context as unknown as Context, printed, asked };
}

test.each([
  [true, "approved", "approved by ann"],
  [false, "pending", "Nothing was decided."],
])("at a terminal it asks once the request was shown: %j", async (answer, state, said) => {
  const approvals = openMemoryApprovals();
  const { digest } = await approvals.submit({ requestId: "r", agentId: "a", action: "b", request: { amount: 5 } });
  const { context, printed, asked } = terminal({ name: "memory", approvals: approvals as never }, answer);
  expect(await approvalsDecide(context, { actor: "ann" }, "r", "approve")).toBe(0);
  expect(asked[0]).toBe("Approve this request?");
  expect(asked[1]).toContain(digest);
  expect(asked[1]).toContain('"amount": 5');
  expect(printed.join("")).toContain(said);
  expect(await approvals.get("r")).toMatchObject({ state });
});

test("what is decided already is not asked for", async () => {
  const approvals = openMemoryApprovals();
  const { digest } = await approvals.submit({ requestId: "r", agentId: "a", action: "b", request: 1 });
  await approvals.decide("r", { approver: "bob", verdict: "deny", digest });
  const { context, asked } = terminal({ name: "memory", approvals: approvals as never }, true);
  await expect(approvalsDecide(context, { actor: "ann" }, "r", "approve")).rejects.toMatchObject({ code: "conflict" });
  expect(asked).toEqual([]);
});
