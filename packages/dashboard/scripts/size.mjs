// Prints what the built page weighs, and fails where it is over budget.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

/** Bytes, gzipped but for the package. */
const BUDGETS = { firstLoad: 45 * 1024, all: 95 * 1024, package: 400 * 1024 };

const folder = fileURLToPath(new URL("../../gateway/dashboard", import.meta.url));
const index = readFileSync(join(folder, "index.html"), "utf8");
const files = readdirSync(join(folder, "assets")).map((name) => {
  const bytes = readFileSync(join(folder, "assets", name));
  return { name, bytes: bytes.length, zipped: gzipSync(bytes, { level: 9 }).length, first: index.includes(name) };
});
const sum = (list, key) => list.reduce((total, file) => total + file[key], 0);
const kilobytes = (bytes) => `${(bytes / 1024).toFixed(1)} KB`.padStart(9);

for (const { name, bytes, zipped, first } of files.sort((a, b) => b.zipped - a.zipped)) {
  console.log(`${kilobytes(zipped)} gzip ${kilobytes(bytes)}  ${first ? "first load" : "          "}  ${name}`);
}
const results = [
  [
    "first load, gzip",
    sum(
      files.filter(({ first }) => first),
      "zipped",
    ),
    BUDGETS.firstLoad,
  ],
  ["all chunks, gzip", sum(files, "zipped"), BUDGETS.all],
  ["in the package", sum(files, "bytes") + Buffer.byteLength(index), BUDGETS.package],
];
for (const [name, bytes, budget] of results) {
  console.log(`${kilobytes(bytes)} of ${kilobytes(budget)}  ${name}${bytes > budget ? ": over budget" : ""}`);
}
if (results.some(([, bytes, budget]) => bytes > budget)) process.exitCode = 1;
