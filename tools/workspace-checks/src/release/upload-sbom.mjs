// Attaches the bill of materials of each published package to the package's release on GitHub. The packages are in
// PUBLISHED_PACKAGES as the changesets action reports them; the bills are in the folder `sbom`, made by `pnpm run sbom`.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { billFile } from "./bill-file.mjs";

const folder = process.argv[2] ?? fileURLToPath(new URL("../../../../sbom", import.meta.url));
/** @type {{ name: string, version: string }[]} */
const published = JSON.parse(process.env.PUBLISHED_PACKAGES ?? "[]");
const bills = published.map(({ name, version }) => ({
  tag: `${name}@${version}`,
  file: join(folder, billFile(name, version)),
}));

// Before the first upload: releases that have a bill beside others that have none are hard to tell apart later.
const missing = bills.filter(({ file }) => !existsSync(file)).map(({ file }) => file);
if (published.length === 0) throw new Error("PUBLISHED_PACKAGES names no package");
if (missing.length > 0) throw new Error(`no bill of materials at ${missing.join(", ")}: run \`pnpm run sbom\` first`);

// `--clobber` replaces what an earlier attempt has uploaded, so that a failed job can be repeated.
for (const { tag, file } of bills)
  execFileSync("gh", ["release", "upload", tag, file, "--clobber"], { stdio: "inherit" });
