import { auditMutants } from "./audit.js";
import { limitMutants } from "./limits.js";
import type { Mutant } from "./mutant.js";
import { recordMutants } from "./records.js";
import { tierPartMutants } from "./tier-parts.js";
import { tierRecordMutants } from "./tier-records.js";
import { tierMutants } from "./tiers.js";
import { unknownKeyMutants } from "./unknown-keys.js";

export type { Mutant } from "./mutant.js";

/** Defects that real backends have had or could have: a suite that lets one pass does not test it. */
export const mutants: readonly Mutant[] = [
  ...auditMutants,
  ...unknownKeyMutants,
  ...limitMutants,
  ...recordMutants,
  ...tierMutants,
  ...tierPartMutants,
  ...tierRecordMutants,
];
