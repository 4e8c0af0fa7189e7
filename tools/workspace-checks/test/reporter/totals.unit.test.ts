import { describe, expect, it } from "vitest";
import { closingLine, notRun, type TestOutcome, totals } from "../../src/reporter/totals.js";

const profiles = [
  { name: "memory", required: true, remedy: "install it" },
  { name: "extra", required: false, remedy: "start a server" },
];
const passed = (profile: string): TestOutcome => ({ path: [`contract: ${profile}`, "audit", "x"], state: "passed" });

describe("totals", () => {
  it("counts tests and names the profiles that ran", () => {
    const run = totals([passed("memory"), passed("memory"), { path: ["x"], state: "failed" }], 0, true, profiles);
    expect(closingLine(run)).toBe("2 passed, 1 failed");
    expect(run.profiles).toEqual([
      { name: "memory", line: "ran: 2 passed, 0 failed" },
      { name: "extra", line: "not run: start a server" },
    ]);
  });

  it("fails a full run that left a required profile out, and only a full one", () => {
    expect(closingLine(totals([passed("other")], 0, true, profiles))).toBe("1 passed, 1 failed");
    expect(closingLine(totals([passed("other")], 0, false, profiles))).toBe("1 passed, 0 failed");
  });

  it("counts files that do not load, and shows skips only when there are some", () => {
    expect(closingLine(totals([{ path: ["x"], state: "skipped" }], 2, false, profiles))).toBe(
      "0 passed, 2 failed, 1 skipped",
    );
  });

  it("says why tests did not run, by the server they need, else by their titles", () => {
    const skipped = (...path: string[]): TestOutcome => ({ path, state: "skipped" });
    const outcomes = [
      passed("memory"),
      skipped("a (needs extra-15)", "b"),
      skipped("a (needs extra-15)", "c"),
      skipped("a", "b (needs extra)"),
      skipped("a", "b (a reason)"),
    ];
    expect(notRun(outcomes, { extra: "no server", "extra-15": "no old server" })).toEqual([
      "2 need extra-15: no old server",
      "1 need extra: no server",
      "a > b (a reason)",
    ]);
  });
});
