// Fails for folders and files that are too large, private vocabulary, and documents that name paths which do not exist.
import { fileURLToPath } from "node:url";
import { findHouseProblems } from "./house-rules.mjs";

const problems = findHouseProblems(fileURLToPath(new URL("../../../..", import.meta.url)));
for (const { file, line, problem } of problems) console.error(`${file}:${line}: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
