// Writes manifest.json, the committed list of case ids, from the built package; with --check compares instead.
import { readFileSync, writeFileSync } from "node:fs";
import { CONTRACT_CASES } from "../dist/cases/index.js";

const file = new URL("../manifest.json", import.meta.url);
const ids = CONTRACT_CASES.map(({ id }) => id).sort();
const twice = ids.filter((id, n) => id === ids[n - 1]);
if (twice.length > 0) {
  console.error(`ids used twice: ${twice.join(", ")}`);
  process.exit(1);
}
const text = `${JSON.stringify(ids, null, 2)}\n`;
if (!process.argv.includes("--check")) {
  writeFileSync(file, text);
  console.log(`manifest.json: ${ids.length} cases`);
} else if (readFileSync(file, "utf8") !== text) {
  console.error("manifest.json differs from the cases; build, run scripts/manifest.mjs and review what changed");
  process.exit(1);
}
