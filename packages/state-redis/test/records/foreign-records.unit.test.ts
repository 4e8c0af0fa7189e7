import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { parseRecord } from "../../src/approvals/record.js";
import { classifyRedisError } from "../../src/driver/errors.js";
import { integerReply, listReply, textReply } from "../../src/driver/replies.js";
import { parsePolicy, serializePolicy } from "../../src/policy-cache/record.js";

const CORRUPT = expect.objectContaining({ code: "corrupt" });
const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const NOW = Date.UTC(2026, 2, 1);
const APPROVAL = {
  requestId: "a",
  agentId: "agent-1",
  teamId: null,
  action: "tool_call",
  request: '{"n":1}',
  digest: sha256('{"n":1}'),
  onExpiry: "deny",
  submittedAt: NOW,
  expiresAt: NOW + 1000,
  claimedBy: null,
  claimExpiresAt: null,
  verdict: null,
  decidedBy: null,
  reason: null,
  decidedAt: null,
  revision: 1,
};
const POLICY = {
  name: "tools",
  version: 1,
  format: "yaml",
  digest: sha256("x:\n"),
  size: 3,
  actor: "a",
  createdAt: NOW,
  source: "eDoK",
  document: {},
};
const OTHERS = [undefined, "x", "", -1, 0.5, 1e300, true, {}, [], ["a"]];

describe("a request that another program wrote", () => {
  it("is read when it is complete", () => {
    expect(parseRecord(JSON.stringify(APPROVAL))).toEqual(APPROVAL);
  });

  it.each([null, 7, "", "{", "null", "[]", "{}", '"x"', '{"__proto__":{"requestId":"a"}}'])(
    "is corrupt: %j",
    (record) => {
      expect(() => parseRecord(record)).toThrow(CORRUPT);
    },
  );

  it.each([
    "requestId",
    "request",
    "digest",
    "onExpiry",
    "submittedAt",
    "expiresAt",
    "verdict",
    "revision",
    "claimExpiresAt",
  ])("is corrupt with any other %s", (member) => {
    const texts = member === "requestId" || member === "request" ? ["x"] : [];
    for (const value of OTHERS.filter((one) => !texts.includes(one as string))) {
      if (value === -1 && /At$/.test(member)) continue;
      expect(() => parseRecord(JSON.stringify({ ...APPROVAL, [member]: value })), `${value}`).toThrow(CORRUPT);
    }
  });
});

describe("a policy that another program wrote", () => {
  it("is read when it is complete, and nothing is a policy, too", () => {
    const policy = parsePolicy(JSON.stringify({ policy: POLICY }), "tools");
    expect(policy).toMatchObject({ name: "tools", createdAt: new Date(NOW), source: new TextEncoder().encode("x:\n") });
    expect(parsePolicy(serializePolicy(policy), "tools")).toEqual(policy);
    expect(parsePolicy(serializePolicy(undefined), "tools")).toBeUndefined();
  });

  it.each(["", "{", "null", "[]", "{}", '{"policy":7}', '{"policy":{}}', '{"__proto__":{"policy":null}}'])(
    "is corrupt: %j",
    (record) => {
      expect(() => parsePolicy(record, "tools")).toThrow(CORRUPT);
    },
  );

  it.each(["name", "version", "format", "digest", "source", "createdAt"])("is corrupt with any other %s", (member) => {
    for (const value of [null, {}, [1], -1.5, true]) {
      expect(() => parsePolicy(JSON.stringify({ policy: { ...POLICY, [member]: value } }), "tools")).toThrow(CORRUPT);
    }
  });
});

describe("an answer of the server", () => {
  it.each([null, "1", 0.5, Number.NaN, 1e300, true, []])("%j is no number", (reply) => {
    expect(() => integerReply(reply)).toThrow(CORRUPT);
  });

  it("of another type or length is corrupt", () => {
    expect(() => textReply(1)).toThrow(CORRUPT);
    for (const reply of [null, "ab", {}, [1]]) expect(() => listReply(reply, 2)).toThrow(CORRUPT);
    expect(listReply([1, 2], 2)).toEqual([1, 2]);
  });

  it("that says that a script stumbled over a value is corrupt", () => {
    const message = "ERR user_script:9: attempt to perform arithmetic on a nil value script: abc, on @user_script:9.";
    expect(classifyRedisError(new Error(message))).toMatchObject({ code: "corrupt", option: "options.prefix" });
  });
});
