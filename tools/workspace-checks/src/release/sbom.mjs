// Writes a bill of materials (CycloneDX JSON) of each published package into a folder, `sbom` unless another is given.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { publishedFolders } from "../published.mjs";
import { billFile } from "./bill-file.mjs";
import { withBundled } from "./bundled-components.mjs";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const target = resolve(root, process.argv[2] ?? "sbom");
const BUNDLE = "@agent-assembly/cli";

/** pnpm writes one file for each package that the filters select, named by package and version. */
function generate(folder, filters, options) {
  const out = join(folder, "%s-%v.cdx.json");
  const args = [
    ...filters.flatMap((filter) => ["--filter", filter]),
    "sbom",
    "--sbom-format",
    "cyclonedx",
    "--split",
    "--out",
    out,
    ...options,
  ];
  execFileSync("pnpm", args, {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  return readdirSync(folder).map((file) => join(folder, file));
}

function read(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
const files = generate(
  target,
  publishedFolders(root).map((folder) => `./packages/${folder}`),
  ["--prod"],
);
const work = mkdtempSync(join(tmpdir(), "sbom-"));
try {
  // What is bundled is no dependency of the package, but its users run it all the same.
  const { version } = read(join(root, "packages/cli/package.json"));
  const file = join(target, billFile(BUNDLE, version));
  if (!files.includes(file)) throw new Error(`pnpm wrote no ${file}`);
  const [everything] = generate(work, [BUNDLE], []);
  const notices = readFileSync(join(root, "packages/cli/dist/third-party-licenses.txt"), "utf8");
  writeFileSync(file, `${JSON.stringify(withBundled(read(file), read(everything), notices), null, 2)}\n`);
} finally {
  rmSync(work, { recursive: true });
}
for (const file of files.sort()) console.log(`${file}: ${read(file).components.length} components`);
