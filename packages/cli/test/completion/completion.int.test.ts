import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createSandbox } from "../support/run-aasm.js";

const sandbox = await createSandbox();

test.each([
  [["aasm", "au"], "audit"],
  [["aasm", "audit", "q"], "query"],
  [["aasm", "audit", "query", "--sh"], "--shadow-decision"],
  [["aasm", "--json", "policy", "roll"], "rollback"],
  [["aasm", "retention", "hold", "rel"], "release"],
  [["aasm", "archive", "restore", "--ho"], "--hold"],
  [["aasm", "metrics", "an"], "anomalies"],
  [["aasm", "metrics", "anomalies", "--min"], "--min-samples"],
  [["aasm", "metrics", "plot", "--win"], "--window"],
])("bash completes %j", async (words, expected) => {
  const { stdout: script } = await sandbox.run(["completion", "bash"]);
  const file = join(sandbox.folder, "completion.bash");
  const ask = `COMP_WORDS=(${words.join(" ")}); COMP_CWORD=${words.length - 1}; _aasm; echo "\${COMPREPLY[*]}"`;
  await writeFile(file, `${script}\n${ask}\n`);
  const { stdout } = await promisify(execFile)("bash", [file]);
  expect(stdout.trim()).toBe(expected);
});

test("zsh and fish scripts name every command", async () => {
  for (const shell of ["zsh", "fish"]) {
    const { stdout, code } = await sandbox.run(["completion", shell]);
    expect(code).toBe(0);
    for (const word of ["summarize", "rollback", "shadow-decision", "completion"]) expect(stdout).toContain(word);
  }
});
