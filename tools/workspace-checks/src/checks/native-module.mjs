// The first step of what needs better-sqlite3: where its native part is missing, two lines say so, and nothing else runs.
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { delimiter, dirname, join } from "node:path";

/** What is missing, and how to get it: a line each. */
function diagnosis({ message }) {
  const { node } = process.versions;
  if (message.includes("NODE_MODULE_VERSION")) {
    return [
      `better-sqlite3 was built for another version of Node.js than ${node}.`,
      "Run: pnpm rebuild better-sqlite3",
    ];
  }
  if (!hasCompiler()) {
    return [
      "better-sqlite3 was not built: there is no C++ compiler, or no make.",
      "Install them and Python 3 (Debian: apt-get install build-essential python3), then run this again.",
    ];
  }
  const header = join(dirname(dirname(process.execPath)), "include/node/node.h");
  if (!process.env.npm_config_nodedir && !existsSync(header)) {
    return [
      `better-sqlite3 was not built: the headers of Node.js ${node} are not at ${header}, nor could they be downloaded.`,
      "Use a Node.js that comes with its headers, as its own archives do, or allow the download, then run this again.",
    ];
  }
  return [`better-sqlite3 does not load: ${message.split("\n", 1)[0]}`, "To see why, run: pnpm rebuild better-sqlite3"];
}

function hasCompiler() {
  if (process.platform === "win32") return true;
  const folders = (process.env.PATH ?? "").split(delimiter);
  const has = (program) => folders.some((folder) => existsSync(join(folder, program)));
  return has("make") && ["c++", "g++", "clang++"].some(has);
}

try {
  const require = createRequire(new URL("../../../../packages/storage-sqlite/package.json", import.meta.url));
  const Database = require("better-sqlite3");
  new Database(":memory:").close();
} catch (error) {
  process.stderr.write(`${diagnosis(error).join("\n")}\n`);
  process.exitCode = 1;
}
