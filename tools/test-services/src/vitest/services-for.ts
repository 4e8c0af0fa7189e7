import type { TestProject } from "vitest/node";
import type { NeededName, ProvidedServices } from "../provide/provided-services.js";

declare module "vitest" {
  interface ProvidedContext {
    readonly services: ProvidedServices;
  }
}

/** Where word is left of the servers that could not be had, for the report at the end of the whole run. */
const MISSING_VARIABLE = "AASM_MISSING_PROFILES";

/**
 * A `globalSetup` of vitest: servers for the files of a project, which find them with `inject("services")`. A run of none
 * of the files that need servers starts none, and needs no build of this package.
 *
 * @param needs whether the test file of this path needs a server
 */
export function servicesFor(names: readonly NeededName[], needs: (path: string) => boolean) {
  return async (project: TestProject): Promise<(() => Promise<void>) | undefined> => {
    if (!project.config.watch && !testFiles(project).some(needs)) return undefined;
    // What is built, since it starts programs of its own.
    const { provideServices } = await import("@agent-assembly/test-services");
    const { services, stop } = await provideServices(names);
    project.provide("services", services);
    leaveWord(services);
    return stop;
  };
}

/** Of the project, in this run. */
function testFiles({ config, vitest }: TestProject): string[] {
  return vitest.state.getPaths().filter((path) => path.startsWith(`${config.root}/`));
}

function leaveWord({ missing }: ProvidedServices): void {
  const ours = missing.map(({ name, reason, install }) => [name, `${reason}; ${install}`]);
  // Other projects have left word there as well.
  const others = JSON.parse(process.env[MISSING_VARIABLE] ?? "{}") as Record<string, string>;
  process.env[MISSING_VARIABLE] = JSON.stringify({ ...others, ...Object.fromEntries(ours) });
}
