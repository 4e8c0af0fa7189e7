// Writes the committed lists of case ids from the built package; with --check compares instead.
import { readFileSync, writeFileSync } from "node:fs";
import { CONTRACT_CASES } from "../dist/cases/index.js";
import { approvalCases } from "../dist/state/approvals/index.js";
import { policyCacheCases } from "../dist/state/policy-cache/index.js";
import { rateLimitCases } from "../dist/state/rate-limits/cases.js";

function bring(name, cases) {
  const file = new URL(`../${name}`, import.meta.url);
  const ids = cases.map(({ id }) => id).sort();
  const twice = ids.filter((id, n) => id === ids[n - 1]);
  if (twice.length > 0) {
    console.error(`ids used twice: ${twice.join(", ")}`);
    process.exit(1);
  }
  const text = `${JSON.stringify(ids, null, 2)}\n`;
  if (!process.argv.includes("--check")) {
    writeFileSync(file, text);
    console.log(`${name}: ${ids.length} cases`);
  } else if (readFileSync(file, "utf8") !== text) {
    console.error(`${name} differs from the cases; build, run scripts/manifest.mjs and review what changed`);
    process.exit(1);
  }
}

bring("manifest.json", CONTRACT_CASES);
bring("state-manifest.json", [...approvalCases, ...policyCacheCases, ...rateLimitCases]);
