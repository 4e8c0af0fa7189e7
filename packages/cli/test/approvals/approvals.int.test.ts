import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type AgentStorage, openStorage } from "@agent-assembly/storage";
import type { Approval } from "@agent-assembly/storage-core/state";
import { expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const sandbox = await createSandbox();
const path = join(sandbox.folder, ".aasm", "local.db");
const HOSTILE = "tool\u001b[31m_call";

async function withGateway<T>(use: (storage: AgentStorage) => Promise<T>): Promise<T> {
  await using storage = await openStorage({ backend: "sqlite", path });
  return await use(storage);
}

/** What a gateway does: requests that wait. */
async function submit(...ids: string[]): Promise<void> {
  await withGateway(async ({ approvals }) => {
    for (const requestId of ids) {
      await approvals.submit({
        requestId,
        agentId: "payer",
        teamId: "finance",
        action: requestId === "r4" ? HOSTILE : "tool_call",
        request: { tool: "transfer", arguments: { amount: 700, to: "ACME" } },
      });
    }
  });
}

test("a request's life: listed, shown, decided, and never again", async () => {
  expect((await sandbox.run(["approvals", "list"])).stderr).toContain("there is no database");
  await submit("r1", "r2", "r3", "r4");
  const { items } = await sandbox.json<{ items: Approval[] }>(["approvals", "list"]);
  expect(items.map(({ requestId, state }) => [requestId, state])).toEqual(
    ["r1", "r2", "r3", "r4"].map((id) => [id, "pending"]),
  );
  const listed = await sandbox.run(["approvals", "list"], { env: { COLUMNS: "200" } });
  expect(listed.stdout).toMatch(/^REQUEST +STATE +ACTION/);
  expect(listed.stdout).not.toContain("\u001b");
  const first = await sandbox.json<{ items: Approval[]; next: string }>(["approvals", "list", "--limit", "1"]);
  const rest = await sandbox.json<{ items: Approval[] }>(["approvals", "list", "--cursor", first.next]);
  expect(rest.items.map(({ requestId }) => requestId)).toEqual(["r2", "r3", "r4"]);

  const shown = await sandbox.run(["approvals", "show", "r1"]);
  expect(shown.stdout).toContain(items[0]?.digest);
  expect(shown.stdout).toContain('"amount": 700');
  expect(shown.stdout).toContain("then denied");
  expect(await sandbox.json(["approvals", "show", "r1"])).toEqual(items[0]);

  const decided = await sandbox.run(["approvals", "decide", "r1", "approve", "-y", "--actor", "ann", "--reason", "ok"]);
  expect(decided.code).toBe(0);
  expect(decided.stdout).toContain(`digest     ${items[0]?.digest}`);
  expect(decided.stdout).toMatch(/Request r1: approved by ann .*: ok\.\n$/);
  const document = await sandbox.json(["approvals", "decide", "r2", "deny", "--yes", "--actor", "ann"]);
  expect(document).toMatchObject({ state: "denied", decision: { approver: "ann", source: "approver" } });
  const again = await sandbox.run(["approvals", "decide", "r2", "approve", "--yes"]);
  expect(again.code).toBe(1);
  expect(again.stderr).toMatch(/conflict: request "r2": .*already been decided/);
  await withGateway(async ({ approvals }) => {
    expect(await approvals.get("r1")).toMatchObject({ decision: { approver: "ann", reason: "ok" } });
  });

  const waiting = await sandbox.json<{ items: Approval[] }>(["approvals", "list", "--team", "finance"]);
  expect(waiting.items.map(({ requestId }) => requestId)).toEqual(["r3", "r4"]);
  const all = await sandbox.json<{ items: Approval[] }>(["approvals", "list", "--all"]);
  expect(all.items).toHaveLength(4);
  const denied = await sandbox.json<{ items: Approval[] }>(["approvals", "list", "--state", "approved,denied"]);
  expect(denied.items.map(({ requestId }) => requestId)).toEqual(["r1", "r2"]);
  expect((await sandbox.run(["approvals", "list", "--agent", "nobody"])).stdout).toContain("No such requests");
});

test("a decision is bound to the digest it was made for", async () => {
  const { digest } = await sandbox.json<Approval>(["approvals", "show", "r3"]);
  const other = "0".repeat(64);
  const refused = await sandbox.run(["approvals", "decide", "r3", "approve", "--yes", "--digest", other]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain(digest);
  expect(await sandbox.json(["approvals", "show", "r3"])).toMatchObject({ state: "pending" });
  const upper = digest.toUpperCase();
  expect(await sandbox.json(["approvals", "decide", "r3", "approve", "--yes", "--digest", upper])).toMatchObject({
    state: "approved",
  });
});

test("what another has claimed is not decided", async () => {
  await withGateway(({ approvals }) => approvals.claim("r4", { approver: "bob" }));
  expect((await sandbox.run(["approvals", "show", "r4"])).stdout).toMatch(/claimed by +bob until/);
  const refused = await sandbox.run(["approvals", "decide", "r4", "deny", "--yes", "--actor", "ann"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("another approver has claimed");
});

test.each([
  [["decide", "r3", "approve"], 2, "add --yes"],
  [["decide", "r3", "aprove", "--yes"], 2, 'Did you mean "approve"?'],
  [["decide", "r3", "deny", "--yes", "--digest", "abc"], 2, "64 hexadecimal digits"],
  [["decide", "r3", "deny", "--yes", "--reason", " "], 2, "--reason is"],
  [["decide", "none", "deny", "--yes"], 1, "aasm approvals list"],
  [["show", "none"], 1, "aasm approvals list"],
  [["list", "--state", "open"], 2, "pending, claimed, approved, denied"],
  [["list", "--limit", "0"], 2, "1 to 1000"],
])("what cannot be is refused with what to do: %j", async (args, code, message) => {
  const result = await sandbox.run(["approvals", ...args]);
  expect(result.code).toBe(code);
  expect(result.stderr).toContain(message);
});

test("status says where hot-path state lives, and how much waits", async () => {
  const { stdout, code } = await sandbox.run(["status"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^redis +off$/m);
  expect(stdout).toMatch(
    /^policy cache +each process, changes by sqlite \(looked for every 50 ms\), none older than 30 s$/m,
  );
  expect(stdout).toMatch(/^approvals +sqlite, 1 waiting$/m);
  expect(stdout).toMatch(/^rate limits +each process$/m);
  expect(await sandbox.json(["status"])).toMatchObject({
    state: { redis: null, pendingApprovals: 1, morePending: false, policyCache: { status: "ok" } },
  });
});

test("policy active says where its answer came from", async () => {
  await sandbox.json(["policy", "save", "-", "--name", "p"], 0, { input: "a: 1\n" });
  await sandbox.json(["policy", "activate", "p", "1"]);
  expect((await sandbox.run(["policy", "active", "p"])).stdout).toMatch(/^answered by +store$/m);
  expect(await sandbox.json(["policy", "active", "p"])).toMatchObject({ answeredBy: "store", version: 1 });
});

test("a Redis that does not answer: said by status with its URL masked, in the way of what needs it only", async () => {
  const config = join(sandbox.folder, "redis.yaml");
  await writeFile(
    config,
    "storage:\n  redis: { enabled: true, url: 'redis://me:secret@127.0.0.1:1', connect_timeout_secs: 1 }\n",
  );
  const status = await sandbox.run(["status", "--config", config]);
  expect(status.code).toBe(1);
  expect(status.stdout).toMatch(/^redis +redis:\/\/me:\*\*\*@127\.0\.0\.1:1$/m);
  expect(status.stdout).toMatch(/^health degraded$/m);
  expect(status.stdout).toMatch(/^policy cache +degraded: redis is away: straight from the store/m);
  expect(status.stdout).toMatch(/^approvals +down: /m);
  expect(status.stdout).not.toContain("secret");
  expect((await sandbox.run(["policy", "active", "p", "--config", config])).stdout).toMatch(/^answered by +store$/m);
  const listed = await sandbox.run(["approvals", "list", "--config", config]);
  expect(listed.code).toBe(1);
  expect(listed.stderr).toMatch(/^aasm: unavailable: /);
  expect((await sandbox.run(["audit", "count", "--config", config])).code).toBe(0);
});
