// Fails for folders and files that are too large, private vocabulary, documents that name paths which do not exist, import
// cycles, and public names without a user or a docstring.
import { fileURLToPath } from "node:url";
import { findApiProblems } from "../api/api-rules.mjs";
import { findHouseProblems } from "./house-rules.mjs";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const problems = [...findHouseProblems(root), ...findApiProblems(root)];
for (const { file, line, problem } of problems) console.error(`${file}:${line}: ${problem}`);
process.exitCode = problems.length > 0 ? 1 : 0;
