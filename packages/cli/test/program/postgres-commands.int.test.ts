import { expect, test } from "vitest";
import { StopRequest } from "../../src/terminal/host.js";
import { createPostgresSandbox, describePostgres, PASSWORD, PROFILES } from "../support/postgres-sandbox.js";

describePostgres("commands", PROFILES, async (profile) => {
  const sandbox = await createPostgresSandbox(profile, "cli_commands");
  const timescale = profile === "timescale-apache";
  const partitions = [
    "install the extension timescaledb",
    "convert audit_events to a hypertable with chunks of 7 days",
    "convert metrics to a hypertable with chunks of 1 day",
  ];

  test("migrate: plan, refusal until then, apply, then nothing to do, current and verified", async () => {
    const plan = await sandbox.json<{ from: number; to: number; steps: { name: string }[] }>(["migrate", "--plan"]);
    expect(plan.from).toBe(0);
    const names = plan.steps.map(({ name }) => name);
    for (const step of partitions) expect(names.includes(step)).toBe(timescale);
    expect(await sandbox.json(["migrate", "--status"], 1)).toMatchObject({ version: 0, latest: plan.to });
    expect(await sandbox.json(["migrate", "--verify"], 1)).toMatchObject({ verified: false });
    for (const command of [["status"], ["audit", "count"], ["demo"]]) {
      const refused = await sandbox.run(command);
      expect(refused.code).toBe(1);
      expect(refused.stderr).toMatch(
        /^aasm: schema_outdated: PostgreSQL 127\.0\.0\.1:\d+\/\w+: the schema has version 0, .*aasm migrate.*\n$/,
      );
    }

    const { steps, to } = await sandbox.json<typeof plan>(["migrate"]);
    expect(steps.map(({ name }) => name)).toEqual(names);
    const version = to;
    expect(await sandbox.json(["migrate"])).toEqual({ from: version, to: version, steps: [] });
    expect(await sandbox.json(["migrate", "--status"])).toMatchObject({ version, current: true, pending: [] });
    expect(await sandbox.json(["migrate", "--verify"])).toMatchObject({ verified: true, version, drift: [] });
    expect((await sandbox.run(["migrate"])).stdout).toBe(`Nothing to do: the schema is at version ${version}.\n`);
  });

  test("demo records once", async () => {
    const first = await sandbox.run(["demo"]);
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain("Recorded 1,");
    expect(first.stdout).not.toContain(PASSWORD);
    expect((await sandbox.run(["demo"])).stdout).toContain("nothing was stored twice");
  });

  test("status says where, which TimescaleDB, and what is missing; never the password", async () => {
    const { stdout, code } = await sandbox.run(["status"]);
    expect(code).toBe(0);
    expect(stdout).not.toContain(PASSWORD);
    for (const part of [
      /^data in postgres:\/\/127\.0\.0\.1:\d+\/aasm_test_cli_commands_\w+, schema public \(postgres, named by AAASM_DATABASE_URL\)\n/,
      timescale ? "health ok" : /\nhealth ok\nnote runs without partitions and compression, as .*\(off\) allows: /,
      /mode +remote/,
      /location +postgres:\/\/127\.0\.0\.1:\d+\/aasm_test_cli_commands_\w+\n/,
      timescale ? /timescaledb +Apache edition, version 2\./ : /timescaledb +none: plain PostgreSQL/,
      timescale ? /chunks +\d+, none compressed\n/ : /partitions +unsupported +\S/,
      /compression +unsupported +\S/,
      /metricsPersistence +supported/,
    ]) {
      expect(stdout).toMatch(part);
    }
    const report = await sandbox.json<{ events: number; health: { details: object }; location: string }>(["status"]);
    expect(report).toMatchObject({ mode: "remote", backend: "postgres", agents: 4, policies: 1 });
    expect(report.health.details).toMatchObject({ timescaledb: timescale ? "apache" : "none" });
    expect(JSON.stringify(report)).not.toContain(PASSWORD);
    expect(await sandbox.json(["audit", "count"])).toEqual({ count: report.events });
  });

  test("status --watch refreshes until Ctrl-C", async () => {
    let reports = 0;
    const stop = new AbortController();
    const result = await sandbox.run(["status", "--watch", "--interval", "1", "--json"], {
      signal: stop.signal,
      onStdout: () => {
        if (++reports === 2) stop.abort(new StopRequest("SIGINT"));
      },
    });
    expect(result.code).toBe(130);
    expect(result.stderr).toBe("");
    expect(result.stdout.trimEnd().split("\n")).toHaveLength(2);
  });

  if (!timescale)
    test("status does not wait for a count that takes too long", async () => {
      // The lock is released only when the command has answered: one that waited for the count would never end.
      await sandbox.locked("audit_events", async () => {
        const { code, stdout } = await sandbox.run(["status"]);
        expect(code).toBe(0);
        expect(stdout).toMatch(/events +not counted/);
        expect(stdout).toMatch(/agents +4\n/);
      });
    });

  test("query, summarize, tail", async () => {
    const page = await sandbox.json<{ items: { agentId: string }[]; next: string }>([
      "audit",
      "query",
      "--agent",
      "support-bot",
      "--limit",
      "3",
    ]);
    expect(page.items.map((event) => event.agentId)).toEqual(Array(3).fill("support-bot"));
    const rest = ["audit", "query", "--agent", "support-bot", "--limit", "3", "--cursor", page.next];
    expect((await sandbox.json<typeof page>(rest)).items).not.toEqual(page.items);
    const { rows } = await sandbox.json<{ rows: { key: object }[] }>([
      "audit",
      "summarize",
      "--group-by",
      "agent.metadata.environment",
    ]);
    expect(rows.map((row) => row.key)).toEqual([
      { "agent.metadata.environment": "production" },
      { "agent.metadata.environment": "staging" },
      // Of changes of policies, which are of no agent.
      { "agent.metadata.environment": null },
    ]);

    const event = { ts: new Date().toISOString(), agentId: "late", action: "tool_call", decision: "allow" };
    const followed = await sandbox.spawn(["audit", "tail", "--lines", "1", "--json"], {
      onStart: (child) =>
        child.stdout?.on("data", (text: string) => {
          if (text.includes('"late"')) child.kill("SIGINT");
          else void sandbox.json(["audit", "import", "-"], 0, { input: JSON.stringify(event) });
        }),
    });
    expect(followed.code).toBe(130);
    expect(followed.stdout).toContain('"late"');
  });

  test("agents and policies", async () => {
    expect(await sandbox.json(["agents", "show", "support-bot"])).toMatchObject({ teamId: "support", revision: 1 });
    expect((await sandbox.run(["agents", "show", "nobody"])).stderr).toContain('no agent is registered as "nobody"');
    const save = ["policy", "save", "-", "--name", "limits"];
    expect(await sandbox.json(save, 0, { input: "max: 1\n" })).toMatchObject({ version: 1, created: true });
    expect(await sandbox.json(save, 0, { input: "max: 2\n" })).toMatchObject({ version: 2, created: true });
    await sandbox.json(["policy", "activate", "limits", "1"]);
    await sandbox.json(["policy", "activate", "limits", "2"]);
    await sandbox.json(["policy", "rollback", "limits"]);
    expect(await sandbox.json(["policy", "active", "limits"])).toMatchObject({ version: 1, source: "max: 1\n" });
    expect(await sandbox.json(["policy", "history", "limits"])).toMatchObject({ active: 1 });
    expect((await sandbox.run(["policy", "diff", "limits", "1", "2"])).stdout).toContain("+max: 2");
  });
});
