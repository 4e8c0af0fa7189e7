import type { CaseId } from "./cases/index.js";

/** A case that does not apply to a backend, with the reason a reader of the report needs. */
export interface Exclusion {
  readonly id: CaseId;
  readonly reason: string;
}
