import { policyCacheAnswerCases } from "./answers.js";
import type { PolicyCacheCase } from "./case.js";
import { policyCacheChangeCases } from "./changes.js";

/** Every case of the policy cache, in the order they run. */
export const policyCacheCases: readonly PolicyCacheCase[] = [...policyCacheAnswerCases, ...policyCacheChangeCases];
