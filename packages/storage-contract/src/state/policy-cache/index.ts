import { policyCacheAnswerCases } from "./policy-cache-answers.js";
import type { PolicyCacheCase } from "./policy-cache-case.js";
import { policyCacheChangeCases } from "./policy-cache-changes.js";

/** Every case of the policy cache, in the order they run. */
export const policyCacheCases: readonly PolicyCacheCase[] = [...policyCacheAnswerCases, ...policyCacheChangeCases];
