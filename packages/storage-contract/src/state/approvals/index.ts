import type { ApprovalCase } from "./case.js";
import { approvalClaimCases } from "./claims.js";
import { approvalDecisionCases } from "./decisions.js";
import { approvalListCases } from "./lists.js";
import { approvalRecordCases } from "./records.js";
import { approvalSubmitCases } from "./submits.js";
import { approvalWaitCases } from "./waits.js";

/** Every case of the approval queue, in the order they run. */
export const approvalCases: readonly ApprovalCase[] = [
  ...approvalSubmitCases,
  ...approvalClaimCases,
  ...approvalDecisionCases,
  ...approvalListCases,
  ...approvalWaitCases,
  ...approvalRecordCases,
];
