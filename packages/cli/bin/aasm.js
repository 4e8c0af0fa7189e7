#!/usr/bin/env node
import module from "node:module";

// Newer versions of Node.js keep compiled code between starts.
module.enableCompileCache?.();
if (process.argv.includes("--debug")) process.setSourceMapsEnabled(true);
await import("../dist/bin.js");
