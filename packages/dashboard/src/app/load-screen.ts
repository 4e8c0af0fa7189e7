import { signal } from "@preact/signals";
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

const loaded = signal<Partial<Record<Screen, ComponentType>>>({});

/** The screen where it is loaded already. */
export function loadedScreen(name: Screen): ComponentType | undefined {
  return loaded.value[name];
}

/** Loads a screen when it is first shown. @throws when the server has another version of the page, whose files have other names */
export async function loadScreen(name: Screen): Promise<ComponentType> {
  const { default: component } = await LOADERS[name]();
  if (loaded.peek()[name] === undefined) loaded.value = { ...loaded.peek(), [name]: component };
  return component;
}
