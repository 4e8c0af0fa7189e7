#!/usr/bin/env node
// Every Node.js since version 10 can parse this file, as a module or as CommonJS: an old one says what is needed, instead of
// failing at the first syntax that it does not know. Hence no import declaration, no top-level await and no `?.`.
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `evidence needs Node.js 20.19 or later, and this is ${process.versions.node}. Install a newer one, or select it with your version manager.\n`,
  );
  process.exitCode = 3;
} else {
  // What ends before its work did has not checked anything.
  process.exitCode = 3;
  // A reader of the output that has enough changes nothing of the result.
  process.stdout.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
  });
  import("../dist/cli/main.js")
    .then(({ main }) => main(process.argv.slice(2), process))
    .then((code) => {
      process.exitCode = code;
    })
    .catch((error) => {
      process.stderr.write(`could not check: ${error.stack}\n`);
    });
}
