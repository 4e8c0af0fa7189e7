import type { Context } from "../../../context.js";
import { UsageError } from "../../../exit.js";

/** @throws UsageError where the events and the report on them would both go to stdout */
export function refuseJsonEvents({ json }: Context, out: string | undefined): void {
  if (!json || out !== undefined) return;
  throw new UsageError("--json reports on an export to a file; add --out FILE, or leave --json out to get the events");
}
