import { auditMutants } from "./audit.js";
import type { Mutant } from "./mutant.js";
import { recordMutants } from "./records.js";
import { tierMutants } from "./tiers.js";

export type { Mutant } from "./mutant.js";

/** Defects that real backends have had or could have: a suite that lets one pass does not test it. */
export const mutants: readonly Mutant[] = [...auditMutants, ...recordMutants, ...tierMutants];
