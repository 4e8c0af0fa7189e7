import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { startFixture } from "../support/fixture-process.js";
import { tempFolder } from "../support/temp-folder.js";

// As it is: bundled it would be without the thread.
const program = fileURLToPath(new URL("../fixtures/append-and-close.mjs", import.meta.url));

test("a close settles, and so a program ends well, whatever the scanning thread is doing", async () => {
  const child = startFixture(program, [tempFolder(), "12", "20"]);
  expect(await child.ended).toBe(0);
  expect(child.lines).toEqual(["closed"]);
  expect(child.errors()).toBe("");
});
