import type { ComponentType } from "preact";
import type { Screen } from "../url/location.js";

type Module = { readonly default: ComponentType };

const LOADERS: Readonly<Record<Screen, () => Promise<Module>>> = {
  overview: () => import("../screens/overview/overview.js"),
  events: () => import("../screens/events/events.js"),
  session: () => import("../screens/session/session.js"),
  agents: () => import("../screens/agents/agents.js"),
  policies: () => import("../screens/policies/policies.js"),
  approvals: () => import("../screens/approvals/approvals.js"),
  retention: () => import("../screens/retention/retention.js"),
  metrics: () => import("../screens/metrics/metrics.js"),
  evidence: () => import("../screens/evidence/evidence.js"),
};

/** Loads a screen when it is first shown. @throws when the server has another version of the page, whose files have other names */
export async function loadScreen(name: Screen): Promise<ComponentType> {
  return (await LOADERS[name]()).default;
}
