import { expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const sandbox = await createSandbox();

test("changes are shown with what changed and who did it, in tables and in lines", async () => {
  await sandbox.json(["policy", "save", "-", "--name", "tools", "--actor", "ann"], 0, { input: "a: 1" });
  await sandbox.json(["policy", "activate", "tools", "1", "--actor", "bob"]);
  await sandbox.json(["audit", "import", "-"], 0, {
    input: JSON.stringify({
      ts: new Date(0).toISOString(),
      agentId: "a",
      action: "governance",
      decision: "observed",
      payload: [1],
    }),
  });
  const table = (await sandbox.run(["audit", "query", "--action", "governance"])).stdout;
  expect(table).toMatch(/CHANGE +BY/);
  expect(table).toMatch(/governance +observed +policy\.activated tools 1 +bob/);
  expect(table).toMatch(/governance +observed +policy\.saved tools 1 +ann/);
  const lines = (await sandbox.run(["audit", "tail", "--no-follow"])).stdout;
  expect(lines).toMatch(/observed +policy\.saved tools 1 {2}ann\n/);
  // What an application calls so itself is shown as any other event.
  expect(table).toMatch(/ a +governance +observed\n/);
  expect((await sandbox.run(["audit", "query", "--action", "tool_call"])).stdout).not.toContain("CHANGE");
});
