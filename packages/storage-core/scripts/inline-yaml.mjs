/**
 * Puts the ES modules of `yaml` into `dist/yaml/parser.js`, with their licence. For Node.js the package exports
 * CommonJS only, and what a bundler makes of that in the format ESM fails with "Dynamic require is not supported".
 *
 * Then puts the program of the thread that reads large documents into `dist/yaml/worker-source.js`, as a text: bundlers leave
 * out files that are not imported.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const manifest = createRequire(import.meta.url).resolve("yaml/package.json");
const { name, version, license } = JSON.parse(readFileSync(manifest, "utf8"));
const terms = readFileSync(manifest.replace(/package\.json$/, "LICENSE"), "utf8").trim();
const banner = `/*! ${name} ${version}, ${license}\n\n${terms}\n*/`;

const distFile = (file) => fileURLToPath(new URL(`../dist/yaml/${file}`, import.meta.url));

async function bundled(input, format, options) {
  const bundle = await rolldown({
    input,
    ...options,
    onLog(level, log, handler) {
      if (level === "warn") throw new Error(log.message);
      handler(level, log);
    },
  });
  const { output } = await bundle.generate({ format, minify: true, banner });
  await bundle.close();
  if (output.length !== 1) throw new Error(`${input} is not one module`);
  return output[0].code;
}

const parser = distFile("parser.js");
// Without "node", the package's export is its ES modules.
const resolve = { conditionNames: ["import", "default"] };
const modules = await bundled(parser, "esm", { platform: "neutral", resolve });
if (/createRequire|commonJS/i.test(modules)) throw new Error("the YAML parser is not one ES module");
writeFileSync(parser, modules);

const program = await bundled(fileURLToPath(new URL("../src/yaml/worker.ts", import.meta.url)), "cjs", {
  platform: "node",
  resolve: { extensionAlias: { ".js": [".ts", ".js"] } },
});
const source = distFile("worker-source.js");
writeFileSync(
  source,
  readFileSync(source, "utf8").replace('""', () => JSON.stringify(program)),
);

// The types of the parser are those of a package that is no dependency; nothing public names them.
for (const ending of [".d.ts", ".d.ts.map", ".js.map"]) rmSync(distFile(`parser${ending}`), { force: true });
