import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import { afterAll } from "vitest";

/** Packages with native code, which stay where they are. */
const NATIVE = ["better-sqlite3"];

const nativeInPlace: Plugin = {
  name: "native-in-place",
  resolveId(source, importer) {
    if (importer === undefined || !NATIVE.includes(source)) return undefined;
    return { id: pathToFileURL(createRequire(importer).resolve(source)).href, external: true };
  },
};

/** A module that starts a thread from a file beside it finds that file beside the built program. */
const workersBeside: Plugin = {
  name: "workers-beside",
  transform: {
    filter: { code: /new Worker\(new URL\(/ },
    handler(code, importer) {
      for (const [, file] of code.matchAll(/new Worker\(new URL\("\.\/([\w-]+\.js)", import\.meta\.url\)/g)) {
        const id = fileURLToPath(new URL(file as string, pathToFileURL(importer)));
        this.emitFile({ type: "chunk", id, fileName: file as string });
      }
      return undefined;
    },
  },
};

/**
 * Puts a script and what it imports, our packages as they were built included, into a few files. Starting it opens those
 * instead of some hundreds, which is most of what a short-lived process does. Gone after the tests of the file that asks.
 *
 * @param script URL of the script
 * @returns path of what to start instead
 */
export async function builtProgram(script: URL): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "aasm-program-"));
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const bundle = await rolldown({
    input: { program: fileURLToPath(script) },
    platform: "node",
    plugins: [nativeInPlace, workersBeside],
    onLog(level, log, handler) {
      // A program that is not complete must not pass for one.
      if (level === "warn" && log.code === "UNRESOLVED_IMPORT") throw new Error(log.message);
      if (level !== "warn") handler(level, log);
    },
  });
  await bundle.write({ dir: folder, format: "esm", entryFileNames: "[name].mjs", chunkFileNames: "[name]-[hash].mjs" });
  await bundle.close();
  return join(folder, "program.mjs");
}
