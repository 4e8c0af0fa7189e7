import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { describe, expect, test } from "vitest";
import { openAiResponses } from "../../src/formats/chat/index.js";
import { eventsOf, formatsOf, payloadsOf, problemsOf, read, readInParts, readJson, storeAll } from "../support/read.js";
import { call, lines, output, response, user } from "../support/responses.js";

describe("the history", () => {
  test("of responses that name the one before, also where one has no call", async () => {
    const source = lines(
      { request: { model: "m", input: "go" }, response: response("resp_1", [call("call_1", "f")]) },
      {
        request: { model: "m", previous_response_id: "resp_1", input: [output("call_1", "one")] },
        response: response("resp_2", [{ type: "message", role: "assistant", content: [] }], {
          previous_response_id: "resp_1",
        }),
      },
      response("resp_3", [call("call_1", "f")], { previous_response_id: "resp_2" }),
      { previous_response_id: "resp_3", model: "m", input: [output("call_1", "two")] },
      // Asked for again, as a background response is, and one that has not begun.
      response("resp_3", [call("call_1", "f")], { previous_response_id: "resp_2" }),
      response("resp_4", [], { status: "queued" }),
    );
    const items = await read(source);
    expect(problemsOf(items)).toEqual([]);
    expect(payloadsOf(items).map(({ tool, result }) => [tool, result])).toEqual([
      ["f", "one"],
      ["f", "two"],
    ]);
    expect(new Set(eventsOf(items).map(({ sessionId }) => sessionId)).size).toBe(1);
  });

  test.each<[string, JsonObject, JsonObject]>([
    ["in the response", {}, { conversation: { id: "conv_0123456789abcdef" } }],
    ["in the request", { conversation: "conv_0123456789abcdef" }, {}],
  ])("of a conversation that is named %s", async (_, request, more) => {
    const source = lines(
      { request: { model: "m", input: "go", ...request }, response: response("resp_1", [call("c1", "f")], more) },
      {
        request: { model: "m", input: [output("c1", "done")], ...request },
        response: response("resp_2", [call("c2", "g")], more),
      },
    );
    const items = await read(source);
    expect(eventsOf(items)).toMatchObject([
      { sessionId: "conv_0123456789abcdef", payload: { tool: "f", result: "done" } },
      { sessionId: "conv_0123456789abcdef", payload: { tool: "g" } },
    ]);
  });

  test("with references in the place of items, and without what the model thought", async () => {
    const first = [{ type: "reasoning", id: "rs_1", summary: [] }, call("call_000000001", "f")];
    const source = lines(
      { request: { model: "m", input: "go" }, response: response("resp_1", first) },
      {
        request: {
          model: "m",
          input: [user("go"), { type: "item_reference", id: "fc_call_000000001" }, output("call_000000001", "done")],
        },
        response: response("resp_2", [call("call_000000002", "g")]),
      },
    );
    const items = await read(source);
    expect(problemsOf(items)).toEqual([]);
    expect(payloadsOf(items).map(({ tool, result }) => [tool, result])).toEqual([
      ["f", "done"],
      ["g", undefined],
    ]);
  });

  test("as the interface lists it, the newest item first", async () => {
    const data = [user("x"), call("c1", "f"), output("c1", "1"), call("c2", "g"), output("c2", "2")].reverse();
    const items = await readJson({ object: "list", data, has_more: false });
    expect(payloadsOf(items).map(({ tool, result }) => [tool, result])).toEqual([
      ["f", "1"],
      ["g", "2"],
    ]);
    expect(problemsOf(items)).toEqual([]);
  });
});

describe("streamed responses", () => {
  const events = (id: string, ...items: JsonObject[]): JsonObject[] => [
    { type: "response.created", sequence_number: 0, response: response(id, []) },
    ...items.flatMap((item, output_index) => [
      {
        type: "response.output_item.added",
        sequence_number: 1,
        output_index,
        item: { ...item, arguments: "", status: "in_progress" },
      },
      { type: "response.function_call_arguments.delta", sequence_number: 2, item_id: item.id ?? null, delta: '{"' },
      { type: "response.output_item.done", sequence_number: 3, output_index, item },
    ]),
    { type: "response.completed", sequence_number: 4, response: response(id, items) },
  ];
  const [one, two] = [events("resp_1", call("c1", "f"), call("c2", "g")), events("resp_2", call("c3", "h"))];

  test.each<[string, string]>([
    ["in lines", lines(...one, ...two)],
    ["as an event stream", one.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join("")],
    ["in a list", JSON.stringify(one)],
    ["two at the same time", lines(...one.flatMap((event, index) => [event, ...two.slice(index, index + 1)]))],
    ["that end without their items", lines(...one.slice(0, -1), { type: "response.completed", response: {} })],
  ])("%s", async (_, text) => {
    const items = await read(text);
    expect(formatsOf(items)).toEqual(["openai-responses"]);
    expect(problemsOf(items)).toEqual([]);
    const tools = payloadsOf(items).map(({ tool }) => tool);
    expect(tools.toSorted()).toEqual(text.includes("resp_2") ? ["f", "g", "h"] : ["f", "g"]);
  });

  test("cut off: what was finished is kept, and a call that was not is named; with the rest it is stored once", async () => {
    const items = await read(lines(...one.slice(0, -2)));
    expect(payloadsOf(items)).toMatchObject([{ tool: "f" }]);
    expect(problemsOf(items)).toEqual([
      expect.stringMatching(/^left_out at 6 .*is a call that ends within its arguments: it was not made/),
    ]);
    const { events, reports } = await storeAll([lines(...one.slice(0, -2)), lines(...one)]);
    expect(events).toHaveLength(2);
    expect(reports).toMatchObject([{ inserted: 1 }, { inserted: 1, duplicates: 1 }]);
  });
});

describe("faults that sources have", () => {
  test("numbers keep their digits, and an object that names a member twice its text", async () => {
    const items = await readJson({
      items: [
        call("c1", "f", '{"guild":7301946528812345677}'),
        output("c1", '{"n":9007199254740993}'),
        call("c2", "pay", '{"amount":9000,"amount":1}'),
      ],
    });
    expect(payloadsOf(items)).toMatchObject([
      { arguments: { guild: "7301946528812345677" }, result: { n: "9007199254740993" } },
      { arguments: '{"amount":9000,"amount":1}' },
    ]);
    expect(problemsOf(items)).toEqual([
      expect.stringContaining("number_as_text at 1 /items/0"),
      expect.stringContaining("number_as_text at 1 /items/1"),
      expect.stringContaining("duplicate_member at 1 /items/2"),
    ]);
  });

  test.each<[string, JsonValue]>([
    ["empty", ""],
    ["null", null],
    ["an empty object", "{}"],
  ])("arguments that are %s mean the empty object", async (_, args) => {
    expect(payloadsOf(await readJson({ items: [call("c1", "f", args)] }))).toMatchObject([{ arguments: {} }]);
  });

  test("a conversation that grew; a cancelled call that was answered again; its id for another call", async () => {
    const items = [
      user("go"),
      call("x1", "pay", '{"n":1}'),
      output("x1", "cancelled"),
      output("x1", "paid"),
      call("x1", "pay", '{"n":2}'),
      output("x1", "paid, too"),
    ];
    const sources = [2, 3, 4, 6].map((end) => JSON.stringify({ session_id: "retry", items: items.slice(0, end) }));
    const { events } = await storeAll([...sources, ...sources]);
    expect(events.map(({ action, payload }) => [action, (payload as JsonObject).result]).toSorted()).toEqual([
      ["tool_call", undefined],
      ["tool_call", "paid, too"],
      ["tool_result", "cancelled"],
      ["tool_result", "paid"],
    ]);
  });

  test("one odd item takes no conversation with it; a time that cannot be read is named", async () => {
    const items = await readJson([
      { session_id: "a", created_at: "last Tuesday", items: [call("a1", "f")] },
      { session_id: "b", items: [user("x"), null, { type: "checkpoint" }, call("b1", "g"), output("b1", "ok")] },
    ]);
    expect(payloadsOf(items).map(({ tool }) => tool)).toEqual(["g", "f"]);
    expect(problemsOf(items).map((text) => text.replace(/:.*/, ""))).toEqual([
      "unread_time at 1 /0/items/0",
      "left_out at 1 /1/items/1",
      "left_out at 1 /1/items/2",
    ]);
  });

  test("calls of one second keep their order, and a document that is too large to be read whole has the same ones", async () => {
    const steps = Array.from({ length: 40 }, (_, n) => [call(`c${n}`, `step_${n}`), output(`c${n}`, "ok")]).flat();
    const source = { session_id: "order-within-a-second", created_at: 1795600100, items: steps };
    const { events } = await storeAll([JSON.stringify(source)]);
    const tools = Array.from({ length: 40 }, (_, n) => `step_${n}`);
    expect(events.map(({ payload }) => (payload as JsonObject).tool)).toEqual(tools);
    const parts = await readInParts(openAiResponses, source, 500);
    expect(payloadsOf(parts).map(({ tool, result }) => [tool, result])).toEqual(tools.map((tool) => [tool, "ok"]));
  });
});
