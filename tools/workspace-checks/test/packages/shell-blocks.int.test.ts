import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createDatabase, postgresClients } from "@agent-assembly/test-services";
import { describe, expect, inject, it, onTestFinished } from "vitest";
import { listFiles } from "../../src/list-files.mjs";
import { runDocument } from "../../src/packages/run-document.js";
import { documentSteps } from "../../src/packages/shell-blocks.js";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const documents = listFiles(root)
  .filter((file) => file.endsWith(".md") && !file.startsWith(".changeset/") && !file.endsWith("CHANGELOG.md"))
  .map((file) => ({ file, steps: documentSteps(readFileSync(join(root, file), "utf8")) }))
  .filter(({ steps }) => steps.some((step) => step.kind === "commands" && step.notRun === undefined));

/** An empty folder that is removed after the test. */
function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "aasm-document-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const runText = (markdown: string): string | undefined => runDocument(documentSteps(markdown), emptyFolder());
const block = (...commands: string[]): string => ["```sh", ...commands, "```"].join("\n");

describe.skipIf(process.platform === "win32")("the commands of a document", () => {
  it.for(documents)("$file", async ({ steps }, { skip }) => {
    if (!steps.some((step) => step.kind === "commands" && step.server?.startsWith("postgres"))) {
      expect(runDocument(steps, emptyFolder())).toBeUndefined();
      return;
    }
    const { profiles, missing } = inject("services");
    const server = profiles.find(({ name }) => name === "postgres");
    if (server === undefined) {
      expect(runDocument(steps, emptyFolder())).toBeUndefined();
      return skip(`without PostgreSQL: ${missing.find(({ name }) => name === "postgres")?.reason}`);
    }
    const database = await createDatabase(server.url, "document");
    const restored = await createDatabase(server.url, "restored");
    try {
      const clients = steps.some((step) => step.kind === "commands" && step.server === "postgres-clients")
        ? await postgresClients(server.version)
        : undefined;
      const servers = {
        postgres: database.url,
        restored: restored.url,
        ...(clients?.folder !== undefined && { "postgres-clients": database.url }),
      };
      expect(runDocument(steps, emptyFolder(), servers, clients?.folder)).toBeUndefined();
      if (clients?.missing !== undefined) skip(`without pg_dump: ${clients.missing}`);
    } finally {
      await database.drop();
      await restored.drop();
    }
  });
});

describe.skipIf(process.platform === "win32")("a document is refused", () => {
  it.each([
    ["a command that fails", ["echo one", "false", "echo two"], /^line 3 failed with exit code 1/],
    ["the first of two commands", ["false && echo two"], /^line 2 failed/],
    ["a part of a pipe", ["false | cat"], /^line 2 failed/],
    ["a wrong option of aasm", ["aasm audit query --no-such-option"], /unknown option/],
    ["a package of a name that is not ours", ["npx aasm status"], /npx aasm runs a package of a name that is not ours/],
    ["a query that finds nothing", ["aasm demo", "aasm audit query --agent other"], /^a command found nothing/],
    ["an unknown package", ["npm install agent-assembly"], /npm install of agent-assembly/],
    ["an unknown script", ["npx --yes pnpm@12.21.0 begin"], /pnpm begin is no script/],
  ])("for %s", (_, commands, problem) => {
    expect(runText(block(...commands))).toMatch(problem);
  });
});

describe("steps", () => {
  it("are files, commands and what their comments say", () => {
    const markdown = [
      "<!-- file: a.json -->",
      "```json",
      "{}",
      "```",
      "<!-- setup: aasm demo -->",
      "<!-- with: postgres -->",
      block("aasm status"),
      "<!-- not run: needs a bucket -->",
      block("aasm archive list"),
      "```ts",
      "const x = 1;",
      "```",
    ].join("\n");
    expect(documentSteps(markdown)).toEqual([
      { kind: "file", line: 3, path: "a.json", text: "{}\n" },
      { kind: "commands", line: 8, text: "aasm status\n", setup: ["aasm demo"], server: "postgres" },
      { kind: "commands", line: 12, text: "aasm archive list\n", setup: [], notRun: "needs a bucket" },
    ]);
  });
});
