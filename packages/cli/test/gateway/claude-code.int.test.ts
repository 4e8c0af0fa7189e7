import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { start } from "../support/daemon.js";
import { createSandbox } from "../support/run-aasm.js";

const RECORDED = new URL("../../../gateway/test/fixtures/otlp/recorded/claude-code-json/", import.meta.url);

interface Recorded {
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

/** What Claude Code sent, as if it were sent now: a store takes no events that are older than 90 days. */
function recordedNow(): Recorded[] {
  const text = (name: string): string => readFileSync(new URL(name, RECORDED), "utf8");
  const requests = JSON.parse(text("requests.json")) as Recorded[];
  const bodies = requests.map(({ body }) => text(body));
  const times = bodies.flatMap((body) => [...body.matchAll(/imeUnixNano":"(\d+)"/g)].map(([, time]) => time));
  const latest = BigInt(times.sort().at(-1) ?? 0);
  const passed = BigInt(Date.now()) * 1_000_000n - latest;
  return requests.map((request, index) => ({
    ...request,
    body: (bodies[index] ?? "").replace(
      /(imeUnixNano":")(\d+)/g,
      (_, before, time) => before + (BigInt(time) + passed),
    ),
  }));
}

test("decisions that Claude Code reports are found by audit query, with who decided and in which session", async () => {
  const sandbox = await createSandbox();
  const daemon = start(sandbox, ["serve", "--port", "0"]);
  try {
    const url = (await daemon.line(/Gateway on \S+ /)).trim().split(" ").at(-1);
    for (const { path, headers, body } of recordedNow()) {
      const answer = await fetch(`${url}${path}`, { method: "POST", headers, body });
      expect(answer.status).toBe(200);
    }
    const query = ["audit", "query", "--action", "policy_decision", "--order", "oldest"];
    const { items } = await sandbox.json<{ items: { decision: string; sessionId: string; payload: object }[] }>(query);
    const session = "b9238121-f69c-";
    expect(items).toMatchObject([
      { decision: "allow", payload: { tool: "Read", decisionSource: "user_permanent" } },
      { decision: "allow", payload: { tool: "Bash", decisionSource: "config" } },
      { decision: "deny", payload: { tool: "Bash", decisionSource: "config" } },
      { decision: "deny", payload: { tool: "Edit", decisionSource: "hook" } },
      { decision: "allow", payload: { tool: "Read", decisionSource: "user_permanent" } },
    ]);
    expect(items.map(({ sessionId }) => sessionId.slice(0, session.length))).toEqual(items.map(() => session));

    const { stdout } = await sandbox.run(query);
    const [head = "", ...rows] = stdout.trimEnd().split("\n");
    expect(head.split(/\s{2,}/)).toEqual(["TIME", "AGO", "AGENT", "ACTION", "DECISION", "TOOL", "BY", "SESSION"]);
    expect(
      rows.map((line) =>
        line
          .split(/\s{2,}/)
          .slice(4, 7)
          .join(" "),
      ),
    ).toEqual([
      "allow Read user_permanent",
      "allow Bash config",
      "deny Bash config",
      "deny Edit hook",
      "allow Read user_permanent",
    ]);
    for (const line of rows) expect(line).toContain(session);
  } finally {
    daemon.child.kill("SIGKILL");
    await daemon.ended;
  }
});
