import type { ProvidedServices } from "@agent-assembly/test-services";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    readonly services: ProvidedServices;
  }
}

/** Servers for the whole run; none for a run of unit tests only, which needs no build either. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!project.config.watch && onlyUnitTests(project)) return undefined;
  const { provideServices } = await import("@agent-assembly/test-services");
  const { services, stop } = await provideServices(["redis", "redis-7"]);
  project.provide("services", services);
  const missing = services.missing.map(({ name, reason, install }) => [name, `${reason}; ${install}`]);
  // The reporter of the whole run says so at its end; other packages have left word there as well.
  const others = JSON.parse(process.env.AASM_MISSING_PROFILES ?? "{}") as Record<string, string>;
  process.env.AASM_MISSING_PROFILES = JSON.stringify({ ...others, ...Object.fromEntries(missing) });
  return stop;
}

function onlyUnitTests({ config, vitest }: TestProject): boolean {
  const ours = vitest.state.getPaths().filter((path) => path.startsWith(`${config.root}/`));
  return ours.length > 0 && ours.every((path) => path.endsWith(".unit.test.ts"));
}
