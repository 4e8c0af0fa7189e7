import { describe, expect, it } from "vitest";
import type { RetentionPolicy } from "../../src/policy/policy.js";
import { parseRetentionPolicy } from "../../src/policy/resolve-policy.js";

const refused = (policy: unknown) => {
  try {
    parseRetentionPolicy(policy as RetentionPolicy);
  } catch (error) {
    return `${(error as { code: string }).code}: ${(error as Error).message}`;
  }
  return "accepted";
};

describe("a policy", () => {
  it("has defaults for everything", () => {
    expect(parseRetentionPolicy()).toEqual({
      audit: {
        dataset: "audit",
        hotDays: 30,
        rules: [{ name: "default", warmDays: 90, coldAction: "drop" }],
        keepCounts: true,
      },
      metrics: { dataset: "metrics", hotDays: 30, rules: [{ name: "default", warmDays: 90, coldAction: "drop" }] },
      archiveUrl: undefined,
    });
  });

  it("keeps the order of rules, the default last, with the dataset's action unless they have their own", () => {
    const { audit } = parseRetentionPolicy({
      archiveUrl: "s3://bucket/prefix",
      audit: {
        coldAction: "archive",
        rules: [
          { name: "debug", action: ["debug"], warmDays: 7, coldAction: "drop" },
          { name: "bank", teamId: ["bank", "risk"], warmDays: "forever" },
        ],
      },
    });
    expect(audit.rules).toEqual([
      { name: "debug", action: ["debug"], warmDays: 7, coldAction: "drop" },
      { name: "bank", teamId: ["bank", "risk"], warmDays: undefined, coldAction: "archive" },
      { name: "default", warmDays: 90, coldAction: "archive" },
    ]);
  });

  it.each([
    [
      { audit: { hotDays: 30, warmDays: 30 } },
      /^invalid_argument: policy\.audit\.warmDays must be more than hotDays.*30 and 30/,
    ],
    [{ audit: { hotDays: -1 } }, /policy\.audit\.hotDays must be a whole number from 1 to 36500, got/],
    [{ audit: { warmDays: 90.5 } }, /policy\.audit\.warmDays must be a whole number/],
    [{ audit: { warmDays: "90" } }, /policy\.audit\.warmDays must be a whole number/],
    [{ audit: { coldAction: "archive" } }, /policy\.archiveUrl is missing, and audit events are to be archived/],
    [{ audit: { coldAction: "burn" } }, /policy\.audit\.coldAction must be one of drop, archive/],
    [{ archiveUrl: "ftp://host/x" }, /policy\.archiveUrl must begin with file:\/\/ or s3:\/\/, not with ftp:\/\//],
    [{ archiveUrl: "archive" }, /policy\.archiveUrl must be a URL such as/],
    [{ metrics: { coldAction: "archive" }, archiveUrl: "file:///a" }, /policy\.metrics\.coldAction must be "drop"/],
    [{ metrics: { rules: [] } }, /policy\.metrics has an unknown key "rules"/],
    [{ audit: { rules: [{ name: "x", warmDays: 3 }] } }, /rules\[0\] must name the events it is for/],
    [{ audit: { rules: [{ name: "x", teamId: [], warmDays: 3 }] } }, /rules\[0\]\.teamId must hold at least one/],
    [
      { audit: { rules: [{ name: "default", teamId: ["a"], warmDays: 3 }] } },
      /rules\[0\]\.name must be unique and not/,
    ],
    [
      { audit: { rules: [{ name: "a", teamId: ["a"], warmDays: "long" }] } },
      /warmDays must be a whole number of days or "forever"/,
    ],
    [
      { audit: { rules: [{ name: "a", teamId: ["a"], warmDays: 0 }] } },
      /rules\[0\]\.warmDays must be a whole number from 1/,
    ],
    [
      { audit: { rules: [{ name: "a", teamId: ["a"], warmDays: 3, coldAction: "archive" }] } },
      /the rule "a" is to be archived/,
    ],
    [{ Audit: {} }, /policy has an unknown key "Audit"\. Did you mean "?audit/],
    [[], /policy must be an object/],
  ])("is refused when bad: %j", (policy, message) => {
    expect(refused(policy)).toMatch(message);
  });

  it("does not repeat a URL, which may hold a secret", () => {
    expect(refused({ archiveUrl: "https://user:hunter2@host/x" })).not.toContain("hunter2");
  });
});
