import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { expect, it } from "vitest";
import { builtProgram } from "../src/built-program.js";

const fixture = (name: string): URL => new URL(`fixtures/${name}`, import.meta.url);

it("builds a program and the thread it starts, which run from where they are", async () => {
  const program = await builtProgram(fixture("program.mjs"));
  expect(readdirSync(dirname(program)).toSorted()).toEqual(["greeter.js", "program.mjs"]);
  expect(execFileSync(process.execPath, [program], { cwd: "/", encoding: "utf8" })).toBe("hello from a thread\n");
});

it("refuses a program that is not complete", async () => {
  await expect(builtProgram(fixture("incomplete.mjs"))).rejects.toThrow(/not-there/);
});
