/**
 * Puts the ES modules of `yaml` into `dist/yaml/parser.js`, with their licence. For Node.js the package exports
 * CommonJS only, and what a bundler makes of that in the format ESM fails with "Dynamic require is not supported".
 */
import { readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const manifest = createRequire(import.meta.url).resolve("yaml/package.json");
const { name, version, license } = JSON.parse(readFileSync(manifest, "utf8"));
const terms = readFileSync(manifest.replace(/package\.json$/, "LICENSE"), "utf8").trim();

const file = fileURLToPath(new URL("../dist/yaml/parser.js", import.meta.url));
const bundle = await rolldown({
  input: file,
  platform: "neutral",
  // Without "node", the package's export is its ES modules.
  resolve: { conditionNames: ["import", "default"] },
  onLog(level, log, handler) {
    if (level === "warn") throw new Error(log.message);
    handler(level, log);
  },
});
const { output } = await bundle.write({
  file,
  format: "esm",
  minify: true,
  banner: `/*! ${name} ${version}, ${license}\n\n${terms}\n*/`,
});
await bundle.close();
if (output.length !== 1 || /createRequire|commonJS/i.test(output[0].code))
  throw new Error("the YAML parser is not one ES module");
// Its types are those of a package that is no dependency; nothing public names them.
for (const ending of [".d.ts", ".d.ts.map", ".js.map"]) rmSync(file.replace(/\.js$/, ending), { force: true });
