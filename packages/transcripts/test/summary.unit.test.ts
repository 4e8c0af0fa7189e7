import { expect, test } from "vitest";
import { TranscriptSummary } from "../src/index.js";
import { readJson } from "./support/read.js";

test.each([[null], [7], [{}], [["agent"]]])(
  "an exported event whose names are %j is counted, its names are not",
  async (name) => {
    const summary = new TranscriptSummary();
    const event = {
      ts: "2026-02-27T09:00:00.000Z",
      agentId: name,
      sessionId: name,
      action: "tool_call",
      decision: "allow",
    };
    for (const item of await readJson(event, { format: "jsonl" })) summary.add(item);
    expect([summary.events, summary.sessions.size, summary.agents.size]).toEqual([1, 0, 0]);
  },
);
