import type { Capabilities } from "@agent-assembly/storage-core";
import { SUPPORTED, unsupported } from "@agent-assembly/storage-core/backend";
import type { TimescaleMode } from "./options.js";
import type { TimescaleProfile } from "./timescale/profile.js";

/** @param profile of the database @param options what is to be used of it */
export function capabilitiesOf(
  profile: TimescaleProfile,
  options: { readonly timescaledb: TimescaleMode },
): Capabilities {
  const edition = options.timescaledb === "off" ? "none" : profile.edition;
  const reason = options.timescaledb === "off" ? "the option timescaledb is off" : (profile.reason ?? "");
  const community = edition === "community";
  return Object.freeze({
    durability: SUPPORTED,
    multiProcess: SUPPORTED,
    metricsPersistence: SUPPORTED,
    partitions: edition === "none" ? unsupported(`old rows are deleted in batches: ${reason}`) : SUPPORTED,
    compression: community ? SUPPORTED : unsupported(`chunks cannot be compressed: ${reason}`),
    continuousRollups: SUPPORTED,
    evidence: SUPPORTED,
    erasure: SUPPORTED,
    apiTokens: SUPPORTED,
  });
}
