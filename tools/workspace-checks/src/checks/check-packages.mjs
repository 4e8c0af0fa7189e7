// Packs every published package and lets publint and attw look at the tarball, as a consumer would get it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publishedFolders } from "../published.mjs";
import { PassedBefore } from "./passed-before.mjs";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "check-packages-"));
let failed = 0;

/** What is in a tarball does not change, and neither does what these versions find in it. */
const passed = new PassedBefore(join(root, "node_modules/.cache/check-packages"));
const tools = ["publint", "@arethetypeswrong/cli"].map((name) => versionOf(name)).join(" ");

function versionOf(name) {
  return JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version;
}

function run(command, args, cwd) {
  try {
    execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
    return true;
  } catch (error) {
    process.stderr.write(`${[command, ...args].join(" ")}\n${error.stdout ?? ""}${error.stderr ?? ""}`);
    failed++;
    return false;
  }
}

try {
  for (const name of publishedFolders(root)) {
    const cwd = join(root, "packages", name);
    const { exports } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
    const before = new Set(readdirSync(folder));
    if (!run("pnpm", ["pack", "--pack-destination", folder], cwd)) continue;
    const tarball = join(
      folder,
      readdirSync(folder).find((file) => !before.has(file)),
    );
    passed.check(tarball, tools, () => {
      const ok = run("publint", ["run", tarball, "--strict"], root);
      // A package that is only a command has no types to be wrong.
      return ok && (exports === undefined || run("attw", [tarball, "--profile", "esm-only"], root));
    });
  }
} finally {
  rmSync(folder, { recursive: true });
}
passed.save();
process.exitCode = failed > 0 ? 1 : 0;
