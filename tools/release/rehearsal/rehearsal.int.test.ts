import { spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commitAll, copyWorkspace, type Manifest, packagesIn, ROOT, version } from "../src/workspace-copy.js";
import { environment, INSTALLERS, install, installedPackages, PLUG_AND_PLAY, versionOf } from "./installers.js";
import { type Registry, startRegistry } from "./registry.js";

const work = mkdtempSync(join(tmpdir(), "rehearsal-"));
const repository = join(work, "repository");
const app = fileURLToPath(new URL("app/", import.meta.url));
const tsc = join(ROOT, "node_modules/typescript/bin/tsc");

let registry: Registry;
let env: NodeJS.ProcessEnv;
let packages: ReadonlyMap<string, Manifest>;

/** As the workflow sets them; the address is an example. */
const CI = { CI: "true", GITHUB_REPOSITORY: "example/storage", GITHUB_SERVER_URL: "https://git.example.com" };

beforeAll(async () => {
  copyWorkspace(repository);
  version(repository);
  commitAll(repository, "release");
  packages = packagesIn(repository);
  mkdirSync(join(work, "registry"));
  registry = await startRegistry(join(work, "registry"));
  env = environment(registry, join(work, "caches"));
  // What builds the packages comes from where it always does.
  const { status, stdout, stderr } = run("pnpm", ["install", "--frozen-lockfile", "--prefer-offline"], repository, {
    ...process.env,
    CI: "true",
  });
  if (status !== 0) throw new Error(`the copy of the workspace cannot be installed:\n${stdout}${stderr}`);
});
afterAll(async () => {
  await registry?.stop();
  rmSync(work, { recursive: true, force: true });
});

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, args: readonly string[], cwd: string, environment = env): Outcome {
  return spawnSync(program, args, { cwd, env: environment, encoding: "utf8", maxBuffer: 1 << 26 });
}

/** `pnpm release`, as the workflow runs it. */
function release(): Outcome {
  return run("pnpm", ["release"], repository, { ...env, ...CI });
}

async function published(): Promise<string[]> {
  const names = [...packages.values()].map(({ name }) => name);
  const found = await Promise.all(names.map((name) => registry.metadata(name)));
  return names.filter((_, at) => found[at] !== undefined);
}

describe("a release", () => {
  it("publishes nothing while a package is not built", async () => {
    const file = join(repository, "packages/cli/package.json");
    const manifest = readFileSync(file, "utf8");
    // A build that ends well and makes nothing.
    writeFileSync(file, manifest.replace(/"build": "[^"]+"/, '"build": "node --version"'));
    const whole = release();
    const alone = run("pnpm", ["publish", "--no-git-checks"], join(repository, "packages/cli"), { ...env, ...CI });
    writeFileSync(file, manifest);
    for (const { status, stdout, stderr } of [whole, alone]) {
      expect(status).not.toBe(0);
      expect(`${stdout}${stderr}`).toContain("@agent-assembly/cli is not packed");
      expect(`${stdout}${stderr}`).toContain("dist is missing");
    }
    expect(await published()).toEqual([]);
  });

  it("publishes every package, of one version, with its change log", async () => {
    const { status, stdout, stderr } = release();
    expect(status, `${stdout}${stderr}`).toBe(0);
    for (const { name, version } of packages.values()) {
      const { versions } = (await registry.metadata(name)) ?? { versions: {} };
      expect(Object.keys(versions), name).toEqual([version]);
      expect(versions[version]).toMatchObject({
        repository: { url: "git+https://git.example.com/example/storage.git" },
        license: "Apache-2.0",
      });
      expect(versions[version]).not.toHaveProperty("devDependencies");
    }
    expect(new Set([...packages.values()].map((manifest) => manifest.version)).size).toBe(1);
    for (const name of packages.keys()) {
      const log = readFileSync(join(repository, "packages", name, "CHANGELOG.md"), "utf8");
      console.log(`${log.slice(0, log.indexOf("\n- ")).trim().replaceAll(/\n+/g, " · ")}`);
    }
  });

  it("that is repeated publishes nothing more", () => {
    const { status, stdout, stderr } = release();
    expect(status, `${stdout}${stderr}`).toBe(0);
    expect(`${stdout}${stderr}`).toContain("No unpublished projects to publish");
  });
});

const RESOLUTIONS = [
  { module: "NodeNext", moduleResolution: "NodeNext" },
  { module: "ESNext", moduleResolution: "Bundler" },
];

describe.each(INSTALLERS)("installed by $name", (installer) => {
  const folder = join(work, "apps", installer.name.replace(" ", "-"));

  it("has the published versions and their change logs", ({ skip }) => {
    const managerVersion = versionOf(installer);
    if (managerVersion === undefined) return skip(`${installer.name} is not installed`);
    const started = performance.now();
    install(installer, folder, [...[...packages.values()].map(({ name }) => name), "@types/node@20"], registry, env);
    const seconds = Math.round((performance.now() - started) / 1000);
    console.log(`${installer.name} ${managerVersion} installed ${packages.size} packages in ${seconds} s`);
    const installed = installedPackages(folder);
    for (const { name, version } of packages.values()) {
      const path = installed.get(name) as string;
      expect(JSON.parse(readFileSync(join(path, "package.json"), "utf8")).version, name).toBe(version);
      expect(readFileSync(join(path, "CHANGELOG.md"), "utf8"), name).toContain(`## ${version}`);
    }
  });

  it.for(RESOLUTIONS)("compiles an application with $moduleResolution", (resolution, { skip }) => {
    skip(!existsSync(folder), "nothing is installed");
    copyFileSync(join(app, "app.ts"), join(folder, "app.ts"));
    const compilerOptions = {
      ...resolution,
      target: "ES2022",
      lib: ["ES2023", "ESNext.Disposable"],
      strict: true,
      skipLibCheck: false,
      declaration: true,
      outDir: "out",
      types: ["node"],
    };
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["app.ts"] }));
    const { status, stdout } = run(process.execPath, [tsc, "-p", "."], folder);
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(existsSync(join(folder, "out/app.d.ts"))).toBe(true);
  });

  it("runs in memory, on SQLite, and as a command", ({ skip }) => {
    skip(!existsSync(folder), "nothing is installed");
    copyFileSync(join(app, "run.js"), join(folder, "run.js"));
    const { status, stdout, stderr } = run(process.execPath, ["run.js"], folder);
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "memory 1 deny\nsqlite 1 deny\n", stderr: "" });
    const command = run(join(folder, "node_modules/.bin/aasm"), ["--version"], folder);
    expect(command.stdout.trim()).toBe(packages.get("cli")?.version);
  });
});

/** Finds a backend of another package, and says what to install where one is missing. */
const BACKENDS = `
import { openStorage } from "@agent-assembly/storage";
await (await openStorage({ backend: "@agent-assembly/storage-sqlite", options: { path: "named.db" } })).close();
for (const backend of [{ backend: "postgres", url: "postgres://h/d" }, { backend: "@agent-assembly/missing" }]) {
  await openStorage(backend).catch((error) => console.log(error.message));
}
`;

describe(`installed by ${PLUG_AND_PLAY.name}`, () => {
  const folder = join(work, "apps", "yarn-pnp");
  const [node, yarn] = PLUG_AND_PLAY.command as [string, string];

  it("runs in memory, on SQLite, and as a command, and names what is missing", ({ skip }) => {
    if (versionOf(PLUG_AND_PLAY) === undefined) return skip("yarn 4 is not installed");
    const names = ["storage-core", "storage", "storage-sqlite", "cli"].map(
      (name) => packages.get(name)?.name as string,
    );
    install(PLUG_AND_PLAY, folder, names, registry, env);
    expect(existsSync(join(folder, "node_modules"))).toBe(false);
    copyFileSync(join(app, "run.js"), join(folder, "run.js"));
    const { stdout, stderr } = run(node, [yarn, "node", "run.js"], folder);
    expect(stdout, stderr).toBe("memory 1 deny\nsqlite 1 deny\n");
    expect(run(node, [yarn, "aasm", "--version"], folder).stdout.trim()).toBe(packages.get("cli")?.version);
    writeFileSync(join(folder, "backends.js"), BACKENDS);
    expect(run(node, [yarn, "node", "backends.js"], folder).stdout).toMatch(
      /^the package @agent-assembly\/storage-postgres is not installed\. Run "yarn add .*\nthe package @agent-assembly\/missing cannot be found from/,
    );
  });
});
