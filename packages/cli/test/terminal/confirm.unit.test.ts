import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { confirm } from "../../src/terminal/confirm.js";

function conversation() {
  const controller = new AbortController();
  const [input, output] = [new PassThrough(), new PassThrough()];
  return { input, output, controller, all: { input, output, signal: controller.signal } };
}

test.each([
  ["y\n", true],
  [" YES \n", true],
  ["n\n", false],
  ["\n", false],
  ["yesterday\n", false],
])("%j is %s", async (answer, expected) => {
  const { input, output, all } = conversation();
  const asked = confirm("Drop 3 rows?", all);
  input.write(answer);
  expect(await asked).toBe(expected);
  expect(String(output.read())).toBe("Drop 3 rows? [y/N] ");
});

test("no answer is no", async () => {
  const { input, all } = conversation();
  const asked = confirm("Drop 3 rows?", all);
  input.end();
  expect(await asked).toBe(false);
});

test("an interruption is no answer", async () => {
  const { controller, all } = conversation();
  const asked = confirm("Drop 3 rows?", all);
  controller.abort(new Error("interrupted"));
  await expect(asked).rejects.toThrow("interrupted");
});
