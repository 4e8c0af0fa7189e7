import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { TestProject } from "vitest/node";
import type { NeededName, ProvidedServices } from "../provide/provided-services.js";

declare module "vitest" {
  interface ProvidedContext {
    readonly services: ProvidedServices;
  }
}

/** Tells the report at the end of the run (`workspace-checks`) why servers could not be had, by name. */
const MISSING_VARIABLE = "AASM_MISSING_PROFILES";

/** What the tests of one package need. */
export interface Needs {
  readonly names: readonly NeededName[];
  /** Whether the test file of this path needs a server. */
  readonly needs: (path: string) => boolean;
}

/** A function that vitest calls when a run is over. */
export type TearDown = () => Promise<void>;

/** What a `globalSetup` of vitest exports. */
export type ServicesSetup = Needs & ((project: TestProject) => Promise<TearDown | undefined>);

/**
 * A `globalSetup` of vitest: servers for the test files of a package, which find them with `inject("services")`. A run of
 * none of the files that need servers starts none, and needs no build of this package.
 *
 * @param needs whether the test file of this path needs a server
 */
export function servicesFor(names: readonly NeededName[], needs: (path: string) => boolean): ServicesSetup {
  const own = { names, needs };
  const setUp = (project: TestProject) =>
    provideTo(project, neededNames(project, new Map([[project.config.root, own]])));
  return Object.assign(setUp, own);
}

/**
 * The `globalSetup` of a run of all packages, whose root is the repository: servers for what the packages' own set-ups ask
 * for, all started at once.
 */
export default async function setUp(project: TestProject): Promise<TearDown | undefined> {
  const { root } = project.config;
  const folders = ["packages", "tools", "examples"].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(root, parent, name)),
  );
  const packages = new Map<string, Needs>();
  for (const folder of folders) {
    const file = join(folder, "test/setup/services.ts");
    if (!existsSync(file)) continue;
    const setup = (await import(pathToFileURL(file).href)) as { readonly default: Needs };
    packages.set(folder, setup.default);
  }
  return provideTo(project, neededNames(project, packages));
}

/** What the files of this run need, by the folders of their packages. */
function neededNames({ config, vitest }: TestProject, packages: ReadonlyMap<string, Needs>): NeededName[] {
  const paths = vitest.state.getPaths();
  const needed = [...packages].filter(([folder, { needs }]) =>
    config.watch ? true : paths.some((path) => path.startsWith(`${folder}/`) && needs(path)),
  );
  return [...new Set(needed.flatMap(([, { names }]) => names))];
}

/** Starts servers, says which, and makes them known to the tests of a project. */
async function provideTo(project: TestProject, names: readonly NeededName[]): Promise<TearDown | undefined> {
  if (names.length === 0) return undefined;
  // What is built, since it starts programs of its own.
  const { provideServices, serverLines } = await import("@agent-assembly/test-services");
  const { services, stop } = await provideServices(names, { fsync: false });
  for (const line of serverLines(services.profiles)) project.vitest.logger.log(line);
  project.provide("services", services);
  const reasons = services.missing.map(({ name, reason, install }) => [name, `${reason}; ${install}`]);
  process.env[MISSING_VARIABLE] = JSON.stringify(Object.fromEntries(reasons));
  return stop;
}
