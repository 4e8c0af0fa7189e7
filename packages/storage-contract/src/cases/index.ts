import type { ContractCase } from "../contract-case.js";
import { agentCases } from "./agents.js";
import { apiTokenCases } from "./api-tokens.js";
import { appendCases } from "./audit/append.js";
import { appendLimitCases } from "./audit/append-limits.js";
import { droppedCountCases } from "./audit/dropped-counts.js";
import { explainCases } from "./audit/explain.js";
import { filterCases } from "./audit/filters.js";
import { pagingCases } from "./audit/paging.js";
import { payloadCases } from "./audit/payloads.js";
import { streamCases } from "./audit/stream.js";
import { summaryCases } from "./audit/summary.js";
import { cutHourCases } from "./audit/summary-cut-hours.js";
import { summaryLimitCases } from "./audit/summary-limits.js";
import { tailCases } from "./audit/tail.js";
import { tokenCases } from "./audit/tokens.js";
import { concurrencyCases } from "./concurrency.js";
import { erasureCases } from "./erasure/index.js";
import { evidenceLogCases } from "./evidence/log.js";
import { evidenceNextCases } from "./evidence/next.js";
import { evidenceRestoredCases } from "./evidence/restored.js";
import { governanceCases } from "./governance/index.js";
import { lifecycleCases } from "./lifecycle.js";
import { metricCases } from "./metrics/index.js";
import { partitionCases } from "./partitions/partitions.js";
import { policyCases } from "./policies.js";
import { requestLimitCases } from "./request-limits.js";

const ALL = [
  ...appendCases,
  ...appendLimitCases,
  ...payloadCases,
  ...filterCases,
  ...pagingCases,
  ...tokenCases,
  ...streamCases,
  ...summaryCases,
  ...summaryLimitCases,
  ...cutHourCases,
  ...droppedCountCases,
  ...explainCases,
  ...tailCases,
  ...agentCases,
  ...policyCases,
  ...metricCases,
  ...partitionCases,
  ...governanceCases,
  ...apiTokenCases,
  ...evidenceLogCases,
  ...evidenceNextCases,
  ...evidenceRestoredCases,
  ...erasureCases,
  ...requestLimitCases,
  ...lifecycleCases,
  ...concurrencyCases,
] as const;

/** Ids of all cases, as literals. */
export type CaseId = (typeof ALL)[number]["id"];

/** Every case, in the order they run. */
export const CONTRACT_CASES: readonly (ContractCase & { readonly id: CaseId })[] = ALL;
