import { inject } from "vitest";
import type { ProfileName, ServiceProfile } from "../../src/provide/provided-services.js";
import type {} from "../../src/vitest/setup.js";

/** The server of this run; tests neither stop it nor change more than databases of their own. */
export function serverOf(name: ProfileName): ServiceProfile {
  const profile = inject("services").profiles.find((one) => one.name === name);
  if (profile === undefined) throw new Error(`there is no ${name} in this run`);
  return profile;
}
