import { join } from "node:path";
import { openStorage } from "@agent-assembly/storage";
import type { Approval } from "@agent-assembly/storage-core/state";
import { afterAll, expect, test } from "vitest";
import { createSandbox } from "./run-aasm.js";

const sandbox = await createSandbox();
const path = join(sandbox.folder, "gateway.db");
// The gateway, which goes on while people decide.
const gateway = await openStorage({ backend: "sqlite", path });
afterAll(() => gateway.close());
const aasm = (...args: string[]) => sandbox.run(["--path", path, ...args]);

const submit = (requestId: string, teamId = "ops"): Promise<Approval> =>
  gateway.state.approvals.submit({
    requestId,
    agentId: "bot",
    teamId,
    action: "tool_call",
    request: { tool: "delete_database", arguments: { name: "prod" } },
    onExpiry: "deny",
  });

test("a person decides what an agent waits for", async () => {
  await submit("req-1");
  const waiting = gateway.state.approvals.wait("req-1");
  expect((await aasm("approvals", "list")).stdout).toMatch(/req-1 +pending +tool_call +bot +ops/);
  const shown = await aasm("approvals", "show", "req-1");
  expect(shown.stdout).toMatch(/"tool": "delete_database"/);
  expect(shown.stdout).toMatch(/expires .* then denied/);
  const decided = await aasm(
    "approvals",
    "decide",
    "req-1",
    "approve",
    "--actor",
    "ann",
    "--reason",
    "it is a copy",
    "--yes",
  );
  expect(decided).toMatchObject({ code: 0, stderr: "" });
  expect(decided.stdout).toMatch(/Request req-1: approved by ann .*: it is a copy\./);
  expect(await waiting).toMatchObject({ state: "approved", decision: { approver: "ann", reason: "it is a copy" } });

  const again = await aasm("approvals", "decide", "req-1", "deny", "--actor", "bob", "--yes");
  expect(again).toMatchObject({ code: 1 });
  expect(again.stderr).toMatch(/conflict: request "req-1": the request is decided already/);
  expect((await aasm("approvals", "list")).stdout).toMatch(/No such requests/);
  expect((await aasm("approvals", "list", "--all")).stdout).toMatch(/req-1 +approved .* ann/);
});

test("a decision is bound to what was looked at, and needs a person or --yes", async () => {
  const { digest } = await submit("req-2", "risk");
  const bound = await aasm("approvals", "decide", "req-2", "approve", "--yes", "--digest", "0".repeat(64));
  expect(bound.code).toBe(1);
  expect(bound.stderr).toMatch(new RegExp(`another digest .* its digest is ${digest}`));
  expect(await aasm("approvals", "decide", "req-2", "approve")).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/no terminal to ask on; add --yes/),
  });
  expect((await aasm("approvals", "decide", "req-2", "maybe", "--yes")).stderr).toMatch(/allowed: approve, deny/);
  expect((await aasm("approvals", "decide", "req-2", "deny", "--yes", "--digest", "abc")).stderr).toMatch(
    /64 hexadecimal/,
  );
  expect((await aasm("approvals", "decide", "req-9", "deny", "--yes")).stderr).toMatch(
    /not_found: there is no request "req-9"/,
  );
  expect((await aasm("approvals", "list", "--state", "done")).stderr).toMatch(/--state is "done"; allowed: pending/);
  const { items } = await sandbox.json<{ items: Approval[] }>(["--path", path, "approvals", "list", "--team", "risk"]);
  expect(items).toMatchObject([{ requestId: "req-2", state: "pending" }]);
  const decided = await sandbox.json<Approval>([
    "--path",
    path,
    "approvals",
    "decide",
    "req-2",
    "deny",
    "--yes",
    "--digest",
    digest,
  ]);
  expect(decided).toMatchObject({ state: "denied", decision: { source: "approver" } });
});

test("status says where hot-path state lives, and policy active who answered", async () => {
  await submit("req-3");
  const { stdout } = await aasm("status");
  expect(stdout).toMatch(/redis +off\n/);
  expect(stdout).toMatch(/policy cache +process, .*none older than 30 s\n/);
  expect(stdout).toMatch(/approvals +sqlite, 1 waiting\n/);
  expect(stdout).toMatch(/rate limits +process\n/);
  await gateway.policies.save({ name: "p", source: "a: 1\n", format: "yaml" }, { author: "ann" });
  await gateway.policies.activate("p", 1, { actor: "ann" });
  expect((await aasm("policy", "active", "p")).stdout).toMatch(/answered by +store\n/);
  expect(await sandbox.json(["--path", path, "policy", "active", "p"])).toMatchObject({ answeredBy: "store" });
});
