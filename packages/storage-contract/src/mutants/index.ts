import { apiTokenMutants } from "./api-tokens.js";
import { auditMutants } from "./audit.js";
import { erasureMutants } from "./erasure.js";
import { evidenceMutants } from "./evidence.js";
import { lifecycleMutants } from "./lifecycle.js";
import { limitMutants } from "./limits.js";
import { metricMutants } from "./metrics.js";
import type { Mutant } from "./mutant.js";
import { partitionMutants } from "./partitions.js";
import { recordMutants } from "./records.js";
import { requestLimitMutants } from "./request-limits.js";
import { retentionMutants } from "./retention.js";
import { sliceMutants } from "./slices.js";
import { tokenMutants } from "./tokens.js";
import { unknownKeyMutants } from "./unknown-keys.js";

export type { Mutant } from "./mutant.js";

/** Defects that real backends have had or could have: a suite that lets one pass does not test it. */
export const mutants: readonly Mutant[] = [
  ...auditMutants,
  ...unknownKeyMutants,
  ...lifecycleMutants,
  ...limitMutants,
  ...requestLimitMutants,
  ...recordMutants,
  ...metricMutants,
  ...partitionMutants,
  ...sliceMutants,
  ...tokenMutants,
  ...retentionMutants,
  ...apiTokenMutants,
  ...evidenceMutants,
  ...erasureMutants,
];
