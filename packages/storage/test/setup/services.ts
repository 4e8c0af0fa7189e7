import type { ProvidedServices } from "@agent-assembly/test-services";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    readonly services: ProvidedServices;
  }
}

/** Servers for a run with tests that need them, which say so by their names: `postgres-*.int.test.ts`, `redis-*`. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  if (!project.config.watch && !needsServers(project)) return undefined;
  const { provideServices } = await import("@agent-assembly/test-services");
  const { services, stop } = await provideServices(["postgres", "timescale-apache", "redis"]);
  project.provide("services", services);
  return stop;
}

function needsServers({ config, vitest }: TestProject): boolean {
  const ours = vitest.state.getPaths().filter((path) => path.startsWith(`${config.root}/`));
  return ours.length === 0 || ours.some((path) => /\/(postgres|redis)-[^/]*\.int\.test\.ts$/.test(path));
}
