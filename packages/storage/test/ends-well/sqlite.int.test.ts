import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import { builtForgetful, expectAnswersAll, expectEndsByItself } from "../support/forgetful.js";

const program = await builtForgetful();
const folder = mkdtempSync(join(tmpdir(), "aasm-ends-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const options = { backend: "sqlite", path: join(folder, "a.db") } as const;

test("SQLite: a program that forgets close() ends by itself, with everything stored", () =>
  expectEndsByItself(program, options));

test("SQLite: on SIGTERM, close() answers every append that was made", () => expectAnswersAll(program, options));
