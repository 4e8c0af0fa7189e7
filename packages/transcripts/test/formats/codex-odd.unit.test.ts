import { expect, test } from "vitest";
import { eventsOf, payloadsOf, read } from "../support/read.js";

test("what stands in place of the text that a command wrote is stored as it is", async () => {
  const event = { type: "exec_command_end", call_id: "call-1", command: ["ls"], stdout: "out", stderr: { code: 7 } };
  const items = await read(JSON.stringify({ timestamp: "2026-11-05T09:00:00Z", type: "event_msg", payload: event }));
  expect(payloadsOf(items)).toMatchObject([{ result: { stdout: "out", stderr: { code: 7 } } }]);
});

test("a source that names no session has one of its own, which stays when it grows", async () => {
  const line = (name: string) =>
    JSON.stringify({
      timestamp: "2026-11-05T09:00:00Z",
      type: "response_item",
      payload: { type: "function_call", name, arguments: "{}", call_id: "1" },
    });
  const sessions = async (...names: string[]) =>
    eventsOf(await read(names.map(line).join("\n"))).map(({ sessionId }) => sessionId);
  const [one] = await sessions("a");
  expect(await sessions("a", "b")).toEqual([one, one]);
  expect(await sessions("b")).not.toEqual([one]);
  expect(one).toMatch(/^codex-[0-9a-f]{16}$/);
});
