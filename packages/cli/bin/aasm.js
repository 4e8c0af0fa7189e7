#!/usr/bin/env node
// Every Node.js since version 10 can parse this file, as a module or as CommonJS: an old one says what is needed, instead of
// failing at the first syntax that it does not know. Hence no import declaration, no top-level await and no `?.`.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `aasm needs Node.js 20.19 or later, and this is ${process.versions.node}. Install a newer one, or select it with your version manager.\n`,
  );
  process.exitCode = 1;
} else {
  start();
}

function start() {
  if (process.argv.includes("--debug")) process.setSourceMapsEnabled(true);
  // Newer versions of Node.js keep compiled code between starts.
  const nodeModule = process.getBuiltinModule ? process.getBuiltinModule("node:module") : {};
  if (nodeModule.enableCompileCache) nodeModule.enableCompileCache();
  // A command that waits for what never comes must not pass for one that succeeded.
  const stuck = () => {
    process.stderr.write("aasm ended before its work did. Please report this.\n");
    process.exitCode = 1;
  };
  process.once("beforeExit", stuck);
  import("../dist/bin.js").then(() => process.removeListener("beforeExit", stuck));
}
