// Packs every published package and lets publint and attw look at the tarball, as a consumer would get it.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("../../../..", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "check-packages-"));
let failed = 0;

function run(command, args, cwd) {
  try {
    execFileSync(command, args, { cwd, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
    return true;
  } catch (error) {
    process.stderr.write(`${error.stdout ?? ""}${error.stderr ?? ""}`);
    failed++;
    return false;
  }
}

try {
  for (const name of readdirSync(join(root, "packages"))) {
    const cwd = join(root, "packages", name);
    const { exports } = JSON.parse(readFileSync(join(cwd, "package.json"), "utf8"));
    const before = new Set(readdirSync(folder));
    if (!run("pnpm", ["pack", "--pack-destination", folder], cwd)) continue;
    const tarball = join(
      folder,
      readdirSync(folder).find((file) => !before.has(file)),
    );
    const ok = run("publint", ["run", tarball, "--strict"], root);
    // A package that is only a command has no types to be wrong.
    const typesOk = exports === undefined || run("attw", [tarball, "--profile", "esm-only"], root);
    console.log(`${ok && typesOk ? "ok    " : "FAILED"} ${name}`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
process.exitCode = failed > 0 ? 1 : 0;
