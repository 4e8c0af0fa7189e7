import type { ProvidedServices } from "@agent-assembly/test-services";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    readonly services: ProvidedServices;
  }
}

/** The servers that README examples of PostgreSQL and Redis run on. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Imported here: the unit tests of other packages need no build.
  const { provideServices } = await import("@agent-assembly/test-services");
  const { services, stop } = await provideServices(["postgres", "redis"]);
  project.provide("services", services);
  return stop;
}
