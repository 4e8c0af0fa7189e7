import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AgentStorage, openStorage } from "@agent-assembly/storage";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseSessionKey } from "../../src/access/session-key.js";
import { createGateway } from "../../src/create-gateway.js";
import { TestGateway } from "../support/gateway.js";
import { KEY, sharedSessionCases } from "./shared-session-cases.js";

describe("sessions of gateways that share an SQLite file", () => {
  sharedSessionCases(async () => {
    const folder = mkdtempSync(join(tmpdir(), "aasm-sessions-"));
    const open = (): Promise<AgentStorage> => openStorage({ backend: "sqlite", path: join(folder, "audit.db") });
    const stores = [await open(), await open()] as const;
    onTestFinished(async () => {
      for (const storage of stores) await storage.close();
      rmSync(folder, { recursive: true, force: true });
    });
    return stores;
  });
});

test("a cookie is no link, and what another key sealed is nothing", async () => {
  const seal = parseSessionKey(KEY);
  const sealed = seal.seal("link", "text");
  expect(seal.open("link", sealed)).toBe("text");
  expect(seal.open("session", sealed)).toBeUndefined();
  expect(parseSessionKey(KEY.toUpperCase()).open("link", sealed)).toBeUndefined();
  for (const forged of ["", "x", `${sealed}A`, sealed.slice(1), sealed.slice(0, -2), "a".repeat(10_000)]) {
    expect(seal.open("link", forged)).toBeUndefined();
  }
});

test("keys are exchanged without ending sessions: the first seals, all open", () => {
  const [old, next] = [KEY, "f".repeat(64)];
  const both = parseSessionKey([next, old]);
  expect(both.open("link", parseSessionKey(old).seal("link", "a"))).toBe("a");
  expect(parseSessionKey(next).open("link", both.seal("link", "b"))).toBe("b");
});

test.each([["short"], [""], [7], [[]], [[KEY, "unsigned"]], ["x".repeat(513)]])(
  "a key that is none is refused without its value: %j",
  async (sessionKey) => {
    await using gateway = await TestGateway.open();
    expect(() => createGateway(gateway.storage, { sessionKey: sessionKey as string })).toThrow(
      /^options\.sessionKey must be a text.*openssl rand -hex 32/s,
    );
  },
);
