// Stands for npm, npx, pnpm and aasm while a document's commands run: packages are those of this workspace, and none is
// downloaded. A command fails that would take a package or a script of a name that is not known here.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
/** Long enough for a command that follows to show something. */
const FOLLOWED_MS = 2000;

const [name, ...args] = process.argv.slice(2);
const commands = { npm, npx, pnpm, aasm: (rest) => node("packages/cli/bin/aasm.js", rest) };
process.exitCode = await commands[name](args);

function npm([verb, ...rest]) {
  if (verb === "init") return 0;
  if (verb !== "install") return refuse(`npm ${verb} is not known to this test`);
  const names = rest.filter((word) => !word.startsWith("-")).map((word) => word.replace(/(?<=.)@[\d.]+$/, ""));
  const unknown = names.filter((name) => !installable().has(name));
  return unknown.length === 0 ? 0 : refuse(`npm install of ${unknown.join(", ")}: no package here has or uses it`);
}

function npx(words) {
  const [command, ...rest] = words.filter((word) => word !== "--yes");
  const manager = manifest(".").packageManager;
  if (command === manager) return pnpm(rest);
  if (command === "@agent-assembly/cli") return commands.aasm(rest);
  if (command === "validate-storage-backend")
    return node("packages/storage-contract/bin/validate-storage-backend.js", rest);
  if (command === "tsc") return node("node_modules/typescript/bin/tsc", rest);
  return refuse(`npx ${command} runs a package of a name that is not ours`);
}

/** Scripts are looked up and not run: they build and test the whole workspace. */
function pnpm([first, ...rest]) {
  if (first === "exec" && rest[0] === "aasm") return commands.aasm(rest.slice(1));
  const { scripts } = manifest(".");
  return first in scripts ? 0 : refuse(`pnpm ${first} is no script of this workspace`);
}

function node(program, rest) {
  const child = spawn(process.execPath, [join(root, program), ...rest], { stdio: "inherit" });
  const follows = rest.includes("--watch") || (rest.includes("tail") && !rest.includes("--no-follow"));
  if (follows && !rest.includes("--help")) setTimeout(() => child.kill("SIGINT"), FOLLOWED_MS).unref();
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    // 130: ended by the reader, as the document says.
    child.on("close", (code) => resolve(follows && code === 130 ? 0 : (code ?? 1)));
  });
}

/** Our packages, what they depend on or leave to be installed beside them, and what this workspace compiles with. */
function installable() {
  const ours = readdirSync(join(root, "packages")).map((folder) => manifest(join("packages", folder)));
  const used = [...ours, manifest("."), manifest("tools/workspace-checks")].flatMap((one) => [
    ...Object.keys(one.dependencies ?? {}),
    ...Object.keys(one.peerDependencies ?? {}),
    ...Object.keys(one.devDependencies ?? {}),
  ]);
  return new Set([...ours.map((one) => one.name), ...used]);
}

function manifest(folder) {
  return JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
}

function refuse(problem) {
  console.error(problem);
  return 1;
}
