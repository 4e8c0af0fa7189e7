/**
 * Builds `dist/`: the command line as one module per command and what they share. Starting `aasm` opens a handful of files
 * that way instead of some four hundred, which is most of the time a short command takes.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";
import { rolldown } from "rolldown";
import { licensesOf } from "./licenses.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Packages with native code or files of their own, or that may be absent: they are resolved where the command runs. */
const EXTERNAL = ["better-sqlite3", /^@aws-sdk\//, "@agent-assembly/gateway"];

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

/** Commander can start programs, which only `aasm dashboard` does: what that needs is loaded when it is used. */
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

/**
 * Drizzle's part for every database imports its part for PostgreSQL for two checks, each of which compares a name: without
 * these imports a store on SQLite loads half as much of it.
 */
const drizzlePerDatabase = {
  name: "drizzle-per-database",
  transform: {
    filter: { id: /node_modules[\\/]drizzle-orm[\\/](relations|sql[\\/]sql)\.js$/ },
    handler(code) {
      const CHECKS = [
        [
          'import { PrimaryKeyBuilder } from "./pg-core/primary-keys.js";',
          'class PrimaryKeyBuilder { static [entityKind] = "PgPrimaryKeyBuilder"; }',
        ],
        [
          'import { isPgEnum } from "../pg-core/columns/enum.js";',
          'const isPgEnum = (value) => typeof value === "function" && value[Symbol.for("drizzle:isPgEnum")] === true;',
        ],
      ];
      const found = CHECKS.find(([eager]) => code.includes(eager));
      if (found === undefined) throw new Error("drizzle imports its part for PostgreSQL in another way now");
      // Lines stay where they are.
      return { code: code.replace(...found), map: null };
    },
  },
};

/** A package reads its version from the package.json beside its `dist`, which a bundle does not have. */
const inlineVersions = {
  name: "inline-versions",
  transform: {
    filter: { code: /package\.json", import\.meta\.url/ },
    handler(code, id) {
      const READ = /packageVersion\(\(\) => new URL\("((?:\.\.\/)+package\.json)", import\.meta\.url\)\)/;
      const inlined = code.replace(READ, (_, path) => {
        const { version } = JSON.parse(readFileSync(new URL(path, pathToFileURL(id)), "utf8"));
        return JSON.stringify(version);
      });
      // Lines stay where they are.
      return { code: inlined, map: null };
    },
  },
};

/**
 * What is used together is one file: to open a file takes longer than to read a few more functions from it. Modules that no
 * group names are split as the bundler finds them.
 */
const GROUPS = [
  // The version is printed without anything else.
  { name: "version", test: /packages[\\/]cli[\\/]src[\\/]version\.ts$/, priority: 3 },
  {
    // Every command, help included.
    name: "start",
    test: /packages[\\/]cli[\\/]src[\\/](main|exit|program|run-program|command-groups|terminal[\\/](host|output|process-host|session))\.ts$/,
    priority: 2,
  },
  {
    // Commands that read the configuration; its schema is loaded where a configuration needs it.
    name: "context",
    test: /packages[\\/](cli[\\/]src[\\/](create-context|command-config|terminal[\\/]style)\.ts|storage[\\/]dist[\\/]config[\\/](?!problem)([a-z-]+|keys[\\/][a-z-]+|environment[\\/]apply)\.js)$/,
    priority: 1,
  },
  {
    // Options of commands, named in help: the columns of an event without what else is known about events.
    name: "options",
    test: /packages[\\/](cli[\\/]src[\\/]args[\\/](event-labels|options|dimensions|values)\.ts|storage-core[\\/]dist[\\/](audit[\\/]columns|support[\\/]suggest)\.js)$|fastest-levenshtein/,
    priority: 1,
  },
  // Help does without it. A dozen commands apply policies, read archives or check evidence, and all others do without that.
  { name: "shared", test: /^(?!.*(?:packages[\\/](?:retention|evidence)[\\/]|hyparquet|croner))/, minShareCount: 10 },
  {
    // Commands that open a store, whichever the backend.
    name: "store",
    test: /packages[\\/](cli[\\/]src[\\/](store-access|explain-error)\.ts|storage[\\/]dist[\\/](open|options|backend-loader|state[\\/].+)\.js|migrations[\\/]dist[\\/].+|storage-core[\\/]dist[\\/](?!memory[\\/]|yaml[\\/](?:parser|read-|worker)).+)$|drizzle-orm[\\/](?!pg-core|sqlite-core|postgres-js|better-sqlite3)/,
  },
  {
    // What every store on SQLite needs, and the thread that scans it does not.
    name: "sqlite",
    test: /packages[\\/]storage-sqlite[\\/]dist[\\/](?!copies[\\/]|scan[\\/](?:scan-worker|function)|driver[\\/]statement-cache)/,
  },
  // When retention runs next is all that the status says of it.
  { name: "cron", test: /packages[\\/]retention[\\/]dist[\\/]schedule[\\/]cron\.js$|croner/ },
  { name: "retention", test: /packages[\\/]retention[\\/]dist[\\/]|hyparquet/ },
  { name: "evidence", test: /packages[\\/]evidence[\\/]dist[\\/]/ },
];

rmSync(new URL("../dist", import.meta.url), { recursive: true, force: true });
const bundle = await rolldown({
  cwd: root,
  input: {
    bin: "src/bin.ts",
    // The SQLite backend starts this file as a thread, from beside its own code.
    "scan-worker": fileURLToPath(new URL("scan/scan-worker.js", import.meta.resolve("@agent-assembly/storage-sqlite"))),
  },
  platform: "node",
  transform: { target: "node20.19" },
  external: EXTERNAL,
  plugins: [inlineVersions, lazySegmenter, lazyChildProcess, drizzlePerDatabase],
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
  codeSplitting: { groups: GROUPS },
});
await bundle.close();
writeFileSync(
  new URL("../dist/third-party-licenses.txt", import.meta.url),
  // The YAML parser is already inside of storage-core, which has its licence in a comment.
  licensesOf([...output.flatMap(({ moduleIds = [] }) => moduleIds), fileURLToPath(import.meta.resolve("yaml"))]),
);
for (const { name, imports = [] } of output) {
  const rare = imports.find((file) => file === "retention.js" || file === "evidence.js");
  if (["start", "context", "options", "shared", "store"].includes(name) && rare !== undefined) {
    throw new Error(`${name}.js loads ${rare} with it, which most commands do without`);
  }
}
const leftover = output.find(({ code }) => /package\.json["'`], ?import\.meta\.url/.test(code ?? ""));
if (leftover !== undefined) throw new Error(`${leftover.fileName} still looks for a package.json`);
