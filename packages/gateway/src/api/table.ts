import { EVENT_ROUTES } from "./events/routes.js";
import { EVENT_EVIDENCE_ROUTES } from "./evidence/event-routes.js";
import { EVIDENCE_ROUTES } from "./evidence/routes.js";
import { VERIFICATION_ROUTES } from "./evidence/verification-routes.js";
import { ADMIN_ROUTES } from "./operations/admin.js";
import { RETENTION_ROUTES } from "./operations/retention.js";
import { AGENT_ROUTES } from "./records/agents.js";
import { APPROVAL_ROUTES } from "./records/approvals.js";
import { METRIC_ROUTES } from "./records/metrics.js";
import { POLICY_ROUTES } from "./records/policies.js";
import type { Route } from "./routing/route.js";

/** Every route of the API but its description. */
export const ROUTES: readonly Route[] = [
  ...EVENT_ROUTES,
  ...EVENT_EVIDENCE_ROUTES,
  ...AGENT_ROUTES,
  ...POLICY_ROUTES,
  ...APPROVAL_ROUTES,
  ...METRIC_ROUTES,
  ...RETENTION_ROUTES,
  ...EVIDENCE_ROUTES,
  ...VERIFICATION_ROUTES,
  ...ADMIN_ROUTES,
];
