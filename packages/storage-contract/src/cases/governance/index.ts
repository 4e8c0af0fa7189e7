import { defineCases } from "../../contract-case.js";
import { governanceAgentCases } from "./agents.js";
import { governanceOthersCases } from "./others.js";
import { governancePolicyCases } from "./policies.js";

/** Changes leave a trace in the audit log. */
export const governanceCases = defineCases([
  ...governanceAgentCases,
  ...governancePolicyCases,
  ...governanceOthersCases,
]);
