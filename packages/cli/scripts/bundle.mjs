/**
 * Builds `dist/`: the command line as one module per command and what they share. Starting `aasm` opens a handful of files
 * that way instead of some four hundred, which is most of the time a short command takes.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { licensesOf } from "./licenses.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Packages with native code, or that may be absent: they are resolved where the command runs. */
const EXTERNAL = ["better-sqlite3", /^@aws-sdk\//];

/** What storage-core has for backends, whichever is opened. */
const BACKEND_RULES =
  /storage-core[\\/]dist[\\/](guard|intercept|agents|audit|holds|partitions|policies|retention|support[\\/]abort)/;

/** The first `Intl.Segmenter` of a process loads data for 20 ms: `string-width` is to make its own when it measures a text. */
const lazySegmenter = {
  name: "lazy-segmenter",
  transform: {
    filter: { id: /node_modules[\\/]string-width[\\/]/ },
    handler(code) {
      const EAGER = "const segmenter = new Intl.Segmenter();";
      if (!code.includes(EAGER)) throw new Error("string-width makes its segmenter in another way now");
      const lazy = "let made; const segmenter = { segment: (text) => (made ??= new Intl.Segmenter()).segment(text) };";
      return { code: code.replace(EAGER, lazy), map: null };
    },
  },
};

/** Commander can start programs, which `aasm` never does: what that needs is loaded when it is used. */
const lazyChildProcess = {
  name: "lazy-child-process",
  transform: {
    filter: { id: /node_modules[\\/]commander[\\/]/ },
    handler(code) {
      const EAGER = "const childProcess = require('node:child_process');";
      if (!code.includes(EAGER)) return undefined;
      const lazy =
        "const childProcess = { spawn: (...args) => process.getBuiltinModule('node:child_process').spawn(...args) };";
      return { code: code.replace(EAGER, lazy), map: null };
    },
  },
};

/** A package reads its version from the package.json beside its `dist`, which a bundle does not have. */
const inlineVersions = {
  name: "inline-versions",
  transform: {
    filter: { code: /package\.json", import\.meta\.url/ },
    handler(code, id) {
      const READ = /readFileSync\(new URL\("((?:\.\.\/)+package\.json)", import\.meta\.url\), "utf8"\)/;
      const inlined = code.replace(READ, (_, path) => {
        const { version } = JSON.parse(readFileSync(new URL(path, pathToFileURL(id)), "utf8"));
        return JSON.stringify(JSON.stringify({ version }));
      });
      // Lines stay where they are.
      return { code: inlined, map: null };
    },
  },
};

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
const bundle = await rolldown({
  cwd: root,
  input: {
    bin: "src/bin.ts",
    // The SQLite backend starts this file as a thread, from beside its own code.
    worker: fileURLToPath(new URL("scan/worker.js", import.meta.resolve("@agent-assembly/storage-sqlite"))),
  },
  platform: "node",
  transform: { target: "node20.19" },
  external: EXTERNAL,
  plugins: [inlineVersions, lazySegmenter, lazyChildProcess],
  onLog(level, log, handler) {
    // A bundle that is not complete must not pass for one.
    if (level === "warn") throw new Error(log.message);
    handler(level, log);
  },
});
const { output } = await bundle.write({
  dir: "dist",
  format: "esm",
  sourcemap: true,
  // Errors of the Redis client are told apart by the names of their classes.
  minify: { mangle: { keepNames: true } },
  chunkFileNames: "[name].js",
  // One file of what most commands share opens faster than thirty, and so does one of what backends stand on. Help does
  // without both.
  codeSplitting: {
    groups: [
      { name: "exit", test: /packages[\\/]cli[\\/]src[\\/]exit\.ts$/, priority: 1 },
      { name: "shared", minShareCount: 10 },
      { name: "backends", test: BACKEND_RULES, minShareCount: 3 },
    ],
  },
});
await bundle.close();
writeFileSync(
  new URL("../dist/third-party-licenses.txt", import.meta.url),
  licensesOf(output.flatMap(({ moduleIds = [] }) => moduleIds)),
);
const leftover = output.find(({ code }) => code?.includes('package.json", import.meta.url'));
if (leftover !== undefined) throw new Error(`${leftover.fileName} still looks for a package.json`);
