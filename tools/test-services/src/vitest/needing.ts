import { inject, type TestOptions } from "vitest";
import type { NeededName } from "../provide/provided-services.js";
import type {} from "./services-for.js";

/**
 * Title and options of a suite or test that needs a server: where it cannot be had, it is skipped, and its title names what
 * it needs; the report at the end of the run says why that is missing. The function of a skipped suite is called all the
 * same, to find its tests.
 *
 * @example describe(...needing("redis", "rate limits"), () => { ... });
 */
export function needing(
  name: NeededName,
  title: string,
  options?: TestOptions,
): [title: string, options: TestOptions & { readonly skip: boolean }] {
  const skip = isMissing(name);
  return [skip ? `${title} (needs ${name})` : title, { ...options, skip }];
}

/** Whether it cannot be had, for what is not to be tried then. */
export function isMissing(name: NeededName): boolean {
  return inject("services").missing.some((gap) => gap.name === name);
}
