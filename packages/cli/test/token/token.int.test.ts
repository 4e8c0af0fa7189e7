import { expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const sandbox = await createSandbox();

interface Token {
  readonly tokenId: string;
  readonly secret: string;
}

test("a token is created, listed without its secret, and revoked", async () => {
  const created = await sandbox.run([
    ...["token", "create", "--name", "collector", "--scope", "ingest,read", "--scope", "ingest"],
    ...["--team", "red", "--rate", "600", "--expires", "+90d", "--actor", "ann"],
  ]);
  expect(created.code).toBe(0);
  // Alone on stdout, so that a script can keep it.
  expect(created.stdout).toMatch(/^aasm_[0-9a-f]{16}_[\w-]{43}\n$/);
  const secret = created.stdout.trim();
  const [, tokenId = ""] = secret.split("_");
  expect(created.stderr).toContain(`Token ${tokenId} of collector: ingest, read of team red, 600 requests a minute`);

  const listed = await sandbox.run(["token", "list"]);
  expect(listed.stdout).toContain(tokenId);
  expect(listed.stdout).toMatch(/collector +ingest,read +red +600/);
  expect(listed.stdout + created.stderr).not.toContain(secret.slice(-43));

  const revoked = await sandbox.run(["token", "revoke", tokenId, "--reason", "lost", "--actor", "bob"]);
  expect(revoked).toMatchObject({ code: 0, stdout: "Revoked: the token of collector is refused from now on.\n" });
  expect((await sandbox.run(["token", "list"])).stdout).toBe("No tokens.\n");
  expect((await sandbox.run(["token", "list", "--revoked"])).stdout).toMatch(/bob +lost/);
});

test("tokens are printed as JSON, and a whole token can be revoked by what was pasted", async () => {
  const { secret, ...token } = await sandbox.json<Token>(["token", "create", "--name", "a", "--scope", "admin"]);
  expect(token).toMatchObject({ name: "a", scopes: ["admin"], state: "in_force" });
  const { items } = await sandbox.json<{ items: Token[] }>(["token", "list"]);
  expect(items).toEqual([token]);
  const revoked = await sandbox.json<Token>(["token", "revoke", secret]);
  expect(revoked).toMatchObject({ tokenId: token.tokenId, state: "revoked" });
});

test("both are recorded with who did it", async () => {
  const { tokenId } = await sandbox.json<Token>([
    "token",
    "create",
    "--name",
    "b",
    "--scope",
    "read",
    "--actor",
    "ann",
  ]);
  await sandbox.run(["token", "revoke", tokenId, "--actor", "bob"]);
  const { items } = await sandbox.json<{ items: { payload: { subject?: { tokenId?: string } } }[] }>([
    ...["audit", "query", "--action", "governance", "--limit", "20"],
  ]);
  const records = items.map(({ payload }) => payload).filter(({ subject }) => subject?.tokenId === tokenId);
  expect(records).toMatchObject([
    { change: "token.revoked", actor: "bob" },
    { change: "token.created", actor: "ann" },
  ]);
});

test.each([
  [["--scope", "raed"], /--scope is "raed"; allowed: ingest, read.*Did you mean "read"/],
  [["--scope", "read,"], /--scope is ""/],
  [["--scope", "read", "--rate", "0"], /--rate is "0"; allowed: a whole number from 1 to 1000000/],
  [["--scope", "read", "--expires", "2h"], /--expires 2h is not ahead/],
  [["--scope", "read", "--expires", "soon"], /--expires is "soon"/],
  [["--scope", "read", "--team", ""], /--team/],
  [[], /required option '--scope <scope>'/],
] as const)("mistakes are named: %j", async (options, message) => {
  const { code, stderr } = await sandbox.run(["token", "create", "--name", "x", ...options]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
});

test("what is no id, an unknown one and a revoked one are refused", async () => {
  const revoke = (id: string) => sandbox.run(["token", "revoke", id]);
  const secret = `aasm_0123456789abcdef_${"x".repeat(44)}`;
  expect(await revoke(secret)).toMatchObject({ code: 2 });
  expect((await revoke(secret)).stderr).not.toContain(secret);
  const unknown = await revoke("0123456789abcdef");
  expect(unknown.stderr).toContain("not_found: there is no token 0123456789abcdef. Run aasm token list");
  const { tokenId } = await sandbox.json<Token>(["token", "create", "--name", "c", "--scope", "read"]);
  await revoke(tokenId);
  expect((await revoke(tokenId)).stderr).toContain("has already been revoked");
});
