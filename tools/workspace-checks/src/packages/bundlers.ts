import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

/** Puts an app's one entry, `app.mjs`, and what it imports into a folder. */
export interface Bundler {
  readonly name: string;
  /**
   * @param folder of the app; the bundle goes to `out` in it
   * @param external packages that are left to Node.js
   * @returns the program, relative to the folder
   * @throws what the bundler reports as an error
   */
  bundle(folder: string, external: readonly string[]): Promise<string>;
}

const TARGET = "node20.19";

async function esbuild(folder: string, external: readonly string[], format: "esm" | "cjs"): Promise<string> {
  const { build } = await import("esbuild");
  const outfile = join("out", format === "esm" ? "app.mjs" : "app.cjs");
  await build({
    absWorkingDir: folder,
    entryPoints: ["app.mjs"],
    bundle: true,
    platform: "node",
    target: TARGET,
    format,
    outfile,
    external: [...external],
    logLevel: "silent",
  });
  return outfile;
}

async function vite(folder: string, external: readonly string[]): Promise<string> {
  const { build } = await import("vite");
  await build({
    root: folder,
    configFile: false,
    logLevel: "silent",
    ssr: { noExternal: true, external: [...external] },
    build: {
      ssr: "app.mjs",
      outDir: "out",
      target: TARGET,
      minify: false,
      rolldownOptions: { output: { entryFileNames: "app.mjs" } },
    },
  });
  return join("out", "app.mjs");
}

async function webpack(folder: string, external: readonly string[]): Promise<string> {
  const { default: start } = await import("webpack");
  const compiler = start({
    context: folder,
    mode: "production",
    target: "node20",
    entry: "./app.mjs",
    externals: Object.fromEntries(external.map((name) => [name, `module ${name}`])),
    externalsPresets: { node: true },
    // These two take most of the time, and change nothing of what is tested.
    optimization: { minimize: false, concatenateModules: false },
    experiments: { outputModule: true },
    output: { path: join(folder, "out"), filename: "app.mjs", module: true, chunkFormat: "module" },
  });
  if (compiler === null) throw new Error("webpack makes no compiler of these options");
  const problems = await new Promise<string[]>((resolve, reject) =>
    compiler.run((failure, stats) => {
      compiler.close(() => undefined);
      if (failure !== null) reject(failure);
      else resolve(stats?.toJson({ all: false, errors: true }).errors?.map(({ message }) => message) ?? []);
    }),
  );
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return join("out", "app.mjs");
}

/** As the page about bundling describes them, with nothing else. */
export const BUNDLERS: readonly Bundler[] = [
  { name: "esbuild", bundle: (folder, external) => esbuild(folder, external, "esm") },
  { name: "esbuild to CommonJS", bundle: (folder, external) => esbuild(folder, external, "cjs") },
  { name: "vite", bundle: vite },
  { name: "webpack", bundle: webpack },
];

interface Manifest {
  readonly name: string;
  /** What it publishes; no patterns. */
  readonly files: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
}

/**
 * Lays packages of the workspace out as npm installs them: each with what it publishes, beside what it depends on, and
 * without the optional peers that are not among them.
 * @param root of the workspace
 * @param folder of the app
 * @param packages folders in `packages`
 */
export function layOut(root: string, folder: string, packages: readonly string[]): void {
  const modules = join(folder, "node_modules");
  for (const directory of packages) {
    const from = join(root, "packages", directory);
    const manifest = JSON.parse(readFileSync(join(from, "package.json"), "utf8")) as Manifest;
    const to = join(modules, manifest.name);
    mkdirSync(to, { recursive: true });
    // The first release writes the change log.
    const published = manifest.files.filter((path) => !path.startsWith("!") && existsSync(join(from, path)));
    for (const path of ["package.json", ...published]) {
      cpSync(join(from, path), join(to, path), { recursive: true });
    }
    for (const name of Object.keys(manifest.dependencies ?? {})) {
      if (!name.startsWith("@agent-assembly/")) link(join(from, "node_modules", name), join(modules, name));
    }
  }
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    symlinkSync(realpathSync(target), path, "junction");
  } catch (error) {
    // Another package depends on it, too.
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}
