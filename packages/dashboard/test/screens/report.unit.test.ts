import { describe, expect, it } from "vitest";
import { sessionReport } from "../../src/screens/session/report.js";

describe("the report of a session", () => {
  it("is a table whose cells stay text", () => {
    const event = {
      ts: "2026-11-30T12:00:00.000Z",
      recordedAt: "2026-11-30T12:00:00.000Z",
      eventId: "01a22e23-6bd5-7a92-a107-42bf0e65c662",
      agentId: "a",
      action: "tool_call",
      decision: "deny",
      dryRun: false,
      tool: "![x](https://evil.example)|<b>\n# y",
    };
    const report = sessionReport("session", "s*1", [event]);
    expect(report).toContain("1 events, 1 denied");
    const row = report.split("\n").find((line) => line.startsWith("| 2026"));
    expect(row).toBe(
      "| 2026-11-30T12:00:00.000Z | deny | tool\\_call | \\!\\[x\\]\\(https://evil.example\\)\\|\\<b\\>␊\\# y |  |  |",
    );
    expect(report).toContain("## Session s\\*1");
  });
});
