// Runs as `prepack` of every published package, before `pnpm pack` and `pnpm publish`: refuses what would break its users.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { inspectDist } from "./dist-problems.mjs";

/** So that a package that was never built does not fill the screen. */
const MOST_SHOWN = 5;

const folder = process.cwd();
const { name, version, bin } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** @param {readonly string[]} problems @param {string} remedy */
function refuse(problems, remedy) {
  const more = problems.length - MOST_SHOWN;
  const shown = [...problems.slice(0, MOST_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])];
  process.stderr.write(`${name} is not packed:\n${shown.map((line) => `  ${line}\n`).join("")}${remedy}\n`);
  process.exit(1);
}

/** A bundle holds the version that it was built with. */
function versionProblems() {
  const command = Object.values(bin ?? {})[0];
  if (command === undefined || existsSync(join(folder, "tsconfig.build.json"))) return [];
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, command), "--version"], { encoding: "utf8" });
  const printed = stdout.trim() || stderr.trim().split("\n", 1)[0];
  return printed === version ? [] : [`${command} --version prints ${printed}, not ${version}`];
}

// Other package managers would publish `workspace:` and `catalog:` ranges, which install nowhere.
const [manager] = (process.env.npm_config_user_agent ?? "").split("/");
if (manager !== "pnpm") {
  refuse(
    [`only pnpm fills in the versions of its dependencies, and this is ${manager || "no package manager"}`],
    "Use pnpm pack.",
  );
}

const { problems, orphans } = inspectDist(folder);
if (problems.length > 0) refuse(problems, "Run pnpm build, then repeat this.");
const versions = versionProblems();
if (versions.length > 0) refuse(versions, "Run pnpm build, then repeat this.");
for (const file of orphans) {
  rmSync(join(folder, file));
  process.stderr.write(`${name}: removed ${file}, whose source is gone\n`);
}
