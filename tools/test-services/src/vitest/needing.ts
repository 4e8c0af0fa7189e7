import { describe, inject, it, type TestOptions } from "vitest";
import type { NeededName } from "../provide/provided-services.js";
import type {} from "./setup.js";

/**
 * Title and options of a suite or test that needs a server: where it cannot be had, it is skipped, and its title names what
 * it needs; the report at the end of the run says why that is missing. The function of a skipped suite is called all the
 * same, to find its tests; see {@link describeNeeding}.
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

/**
 * A suite that already needs the server to find its tests, for instance to make a database for all of them: where it cannot
 * be had, the suite is not called, and one skipped test stands for it.
 */
export function describeNeeding(name: NeededName, title: string, suite: () => void | Promise<void>): void {
  const [whole, { skip }] = needing(name, title);
  if (skip) it.skip(whole);
  else describe(whole, suite);
}

/** Whether it cannot be had, for what is not to be tried then. */
export function isMissing(name: NeededName): boolean {
  return inject("services").missing.some((gap) => gap.name === name);
}
