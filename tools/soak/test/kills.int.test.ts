import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { run } from "./support/run.js";

const PROGRAM = fileURLToPath(new URL("../dist/kills/main.js", import.meta.url));

it("ten writers of a SQLite file are killed, and no acknowledged event is lost", async () => {
  const { status, stdout, stderr } = await run(PROGRAM, ["--rounds", "10", "--seed", "20261129"]);
  expect(status, `${stdout}\n${stderr}`).toBe(0);
  expect(stdout).toMatch(/^kills: {2}10: /m);
  expect(stdout).toMatch(/^events: acknowledged [1-9]\d*, lost 0$/m);
  expect(stdout).toMatch(/^sealed: [1-9]\d*, erased \d+ sessions$/m);
  expect(stdout).toContain("\n0 violations\n");
});

it("Ctrl-C ends the rounds, and what was acknowledged until then is checked", async () => {
  const { status, stdout, stderr } = await run(PROGRAM, ["--rounds", "1000"], {
    onOutput: (text, child) => void (text.startsWith("seed ") && !child.killed && child.kill("SIGINT")),
  });
  expect(status, `${stdout}\n${stderr}`).toBe(0);
  expect(stdout).toMatch(/^kills: {2}\d{1,2}: /m);
  expect(stdout).toContain("\n0 violations\n");
});

it("what cannot be is one line", async () => {
  const { status, stderr } = await run(PROGRAM, ["--rounds", "none"]);
  expect(status).toBe(2);
  expect(stderr).toBe("soak: --rounds must be a number from 1 to 1000000\n");
});
