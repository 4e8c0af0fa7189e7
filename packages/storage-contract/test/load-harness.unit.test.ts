import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadHarness } from "../src/load-harness.js";
import { validate } from "../src/validate.js";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "load-harness-"));
});
afterAll(() => rm(directory, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, text);
  return path;
}

async function problemOf(path: string): Promise<string> {
  const error = await loadHarness(path).then(
    () => expect.unreachable(),
    (thrown: Error) => thrown,
  );
  return error.message.replaceAll(directory, "FOLDER");
}

const HARNESS = '{ name: "mine", create() {}, destroy() {}, readStoredEvents() {} }';

describe("the harness of a module", () => {
  it.each([
    ["default.mjs", `export default ${HARNESS};`],
    ["named.mjs", `export const harness = ${HARNESS};`],
    ["named.cjs", `module.exports = { harness: ${HARNESS} };`],
    ["default.cjs", `module.exports = ${HARNESS};`],
    ["compiled.cjs", `Object.defineProperty(exports, "__esModule", { value: true }); exports.default = ${HARNESS};`],
  ])("is found in %s", async (name, text) => {
    expect((await loadHarness(await file(name, text))).name).toBe("mine");
  });

  it.each([
    [
      "nothing.mjs",
      "",
      /exports no harness \(it exports nothing\)\. Export a StorageHarness as default or as "harness"/,
    ],
    ["other.mjs", "export const store = {};", /exports no harness \(it exports store\)/],
    ["factory.mjs", "export default () => ({});", /default export of .* must be an object, got a function/],
    [
      "partial.mjs",
      'export const harness = { name: "x", create() {} };',
      /^the export "harness" of FOLDER.partial\.mjs is no StorageHarness: destroy must be a function, got nothing; readStoredEvents must be a function, got nothing\. The README/,
    ],
    ["nameless.mjs", `export default { ...${HARNESS}, name: 3 };`, /name must be a text, got an integer/],
    ["throws.mjs", 'throw new Error("no database");', /^cannot load FOLDER.throws\.mjs: no database$/],
  ])("is missing in %s, and the error says what to export", async (name, text, message) => {
    expect(await problemOf(await file(name, text))).toMatch(message);
  });

  it("is reported once, without the usage, when it cannot be loaded", async () => {
    const written: string[] = [];
    const stderr = { write: (text: string) => written.push(text) };
    const stdout = { write: () => expect.unreachable() };
    expect(await validate([join(directory, "absent.mjs")], { stdout, stderr })).toBe(2);
    expect(written).toEqual([expect.stringMatching(/^cannot load .*absent\.mjs: [^\n]+\n$/)]);
  });
});
