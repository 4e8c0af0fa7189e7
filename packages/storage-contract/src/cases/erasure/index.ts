import { erasureEffectCases } from "./effects.js";
import { erasureRedeliveryCases } from "./redelivery.js";
import { erasureRefusalCases } from "./refusals.js";
import { erasureRunCases } from "./runs.js";
import { erasureSealedCases } from "./sealed.js";

export const erasureCases = [
  ...erasureEffectCases,
  ...erasureRedeliveryCases,
  ...erasureRefusalCases,
  ...erasureRunCases,
  ...erasureSealedCases,
] as const;
