// Fails for folders and files that are too large, private vocabulary, packages without the usual scripts, documents that name
// paths which do not exist, broken links between documents, promises of the threat model without a test, import cycles, public names without a user or a docstring, and
// dependencies with a licence that is not on the list.
import { fileURLToPath } from "node:url";
import { findApiProblems } from "../api/api-rules.mjs";
import { findPromiseProblems } from "../documents/promises.mjs";
import { findLinkProblems } from "./document-links.mjs";
import { findHouseProblems } from "./house-rules.mjs";
import { findLicenseProblems } from "./licenses.mjs";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const problems = [
  ...findHouseProblems(root),
  ...findLinkProblems(root),
  ...findPromiseProblems(root),
  ...findApiProblems(root),
  ...findLicenseProblems(root),
];
for (const { file, line, problem } of problems) console.error(`${file}:${line}: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
