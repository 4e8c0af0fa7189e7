#!/usr/bin/env node
// Every Node.js since version 10 can parse this file: an old one says what is needed. Hence no import declaration.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `validate-storage-backend needs Node.js 20.19 or later, and this is ${process.versions.node}. Install a newer one, or select it with your version manager.\n`,
  );
  process.exitCode = 2;
} else {
  import("../dist/cli.js");
}
