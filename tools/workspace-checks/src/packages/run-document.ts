import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DocumentStep } from "./shell-blocks.js";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const COMMANDS = fileURLToPath(new URL("reader-commands.mjs", import.meta.url));

/** Plain PostgreSQL is enough for what documents show. */
const PLAIN_POSTGRES = "storage: { postgres: { timescaledb: { mode: prefer } } }\n";

/** What `aasm` prints when a question has no answer. */
const NOTHING_FOUND = /^No (?:events|samples) match/m;

/**
 * Does what a document says, as one reader in one shell: writes its files, and runs its commands with the programs of the
 * workspace, in an empty folder and with an empty home folder.
 *
 * @param folder empty; keeps everything
 * @param servers URLs of servers by name; a block that needs another is left out. `restored` is a second, empty database
 *   of PostgreSQL, for URLs of a block that have this word
 * @param programs a folder of programs that come before those of the machine
 * @returns the first command that failed, with its line and what was printed, or a question that found nothing;
 *   `undefined` when all succeeded
 */
export function runDocument(
  steps: readonly DocumentStep[],
  folder: string,
  servers: Readonly<Record<string, string>> = {},
  programs?: string,
): string | undefined {
  const home = join(folder, "home");
  const project = join(folder, "project");
  const bin = join(folder, "bin");
  for (const path of [home, project, bin]) mkdirSync(path, { recursive: true });
  for (const name of ["npm", "npx", "pnpm", "aasm"]) {
    const text = `#!/bin/sh\nexec "${process.execPath}" "${COMMANDS}" ${name} "$@"\n`;
    writeFileSync(join(bin, name), text, { mode: 0o755 });
  }
  linkPackages(join(project, "node_modules"));
  writeFileSync(join(project, "package.json"), '{ "type": "module" }\n');

  const script = [
    'check() { if [ "$1" -ne 0 ]; then echo "line $2 failed with exit code $1" >&2; exit "$1"; fi; }',
    ...steps.flatMap((step) => scriptOf(step, { home, project, servers })),
  ].join("\n");
  const { PATH, ...environment } = process.env;
  const { status, stdout, stderr, error } = spawnSync("bash", ["-u", "-o", "pipefail", "-c", script], {
    cwd: project,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...withoutOurs(environment),
      HOME: home,
      USERPROFILE: home,
      PATH: [bin, ...(programs === undefined ? [] : [programs]), PATH].join(":"),
    },
  });
  if (error !== undefined) throw error;
  if (status !== 0) return `${stderr.trimEnd()}\n${stdout.slice(-2000)}`;
  // A reader who is shown a query expects an answer.
  return NOTHING_FOUND.test(stdout) ? `a command found nothing\n${stdout.slice(-2000)}` : undefined;
}

interface Surroundings {
  readonly home: string;
  readonly project: string;
  readonly servers: Readonly<Record<string, string>>;
}

function scriptOf(step: DocumentStep, { home, project, servers }: Surroundings): string[] {
  if (step.kind === "file") {
    const path = step.path.startsWith("~/") ? join(home, step.path.slice(2)) : join(project, step.path);
    return [`mkdir -p '${dirname(path)}'`, `printf %s '${step.text.replaceAll("'", "'\\''")}' > '${path}'`];
  }
  if (step.notRun !== undefined) return [];
  const setup = step.setup.flatMap((command) => checkedLines(command, step.line));
  if (step.server === undefined) return [...setup, ...checkedLines(step.text, step.line)];
  const url = servers[step.server];
  if (url === undefined) return [];
  const config = join(home, ".aasm/config.yaml");
  return [
    `if [ ! -e '${config}' ]; then mkdir -p '${dirname(config)}'; printf %s '${PLAIN_POSTGRES}' > '${config}'; fi`,
    `export AA_MODE=remote AAASM_DATABASE_URL='${url}'`,
    ...setup,
    // A URL that is printed for the reader stands for the server.
    ...checkedLines(
      step.text.replaceAll(/postgres:\/\/[^\s"']+/g, (named) =>
        named.includes("restored") ? (servers.restored ?? url) : url,
      ),
      step.line,
    ),
    "unset AA_MODE AAASM_DATABASE_URL",
  ];
}

/** After each command its exit code is looked at: `set -e` would pass over the first of `a && b`. */
function checkedLines(text: string, from: number): string[] {
  return text.split("\n").flatMap((line, n) => {
    const isContinued = /(?:\\|\||&&)\s*$/.test(line);
    return isContinued || line.trim() === "" ? [line] : [line, `check $? ${from + n}`];
  });
}

/** What an installation would have put there. */
function linkPackages(modules: string): void {
  mkdirSync(join(modules, "@agent-assembly"), { recursive: true });
  for (const name of readdirSync(join(root, "packages"))) {
    symlinkSync(join(root, "packages", name), join(modules, "@agent-assembly", name), "junction");
  }
  symlinkSync(
    join(root, "packages/storage-sqlite/node_modules/better-sqlite3"),
    join(modules, "better-sqlite3"),
    "junction",
  );
  const types = join(root, "tools/workspace-checks/node_modules/@types");
  if (existsSync(types)) symlinkSync(types, join(modules, "@types"), "junction");
}

/** Settings of the machine must not decide what a document shows. */
function withoutOurs(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(?:AA_|AAASM_|AASM_)/.test(name)));
}
