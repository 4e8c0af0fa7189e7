import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { TestProject } from "vitest/node";
import { type Needs, neededNames, provideTo, type TearDown } from "./services-for.js";

/**
 * The `globalSetup` of a run of all packages, whose root is the repository: servers for what the packages' own set-ups ask
 * for, all started at once.
 */
export default async function setUp(project: TestProject): Promise<TearDown | undefined> {
  const { root } = project.config;
  const folders = ["packages", "tools"].flatMap((parent) =>
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
