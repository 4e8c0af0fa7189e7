import type { ApprovalCase } from "./approval-case.js";
import { approvalClaimCases } from "./approval-claims.js";
import { approvalDecisionCases } from "./approval-decisions.js";
import { approvalListCases } from "./approval-lists.js";
import { approvalSubmitCases } from "./approval-submits.js";
import { approvalWaitCases } from "./approval-waits.js";

/** Every case of the approval queue, in the order they run. */
export const approvalCases: readonly ApprovalCase[] = [
  ...approvalSubmitCases,
  ...approvalClaimCases,
  ...approvalDecisionCases,
  ...approvalListCases,
  ...approvalWaitCases,
];
