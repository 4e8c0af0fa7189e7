import type { JSX } from "preact";
import type { IconName } from "../parts/icons.js";
import type { Screen } from "../url/location.js";

/** One screen of the page. */
export interface ScreenInfo {
  readonly name: Screen;
  readonly label: string;
  /** The key after `g`. */
  readonly key: string;
  /** Absent for the screen that is reached from events only. */
  readonly icon?: IconName;
  /** Each screen is loaded when it is first shown. */
  readonly load: () => Promise<{ readonly default: () => JSX.Element }>;
}

export const SCREEN_LIST: readonly ScreenInfo[] = [
  {
    name: "overview",
    label: "Overview",
    key: "o",
    icon: "overview",
    load: () => import("../screens/overview/overview.js"),
  },
  { name: "events", label: "Events", key: "e", icon: "events", load: () => import("../screens/events/events.js") },
  { name: "session", label: "Session", key: "s", load: () => import("../screens/session/session.js") },
  { name: "agents", label: "Agents", key: "a", icon: "agents", load: () => import("../screens/agents/agents.js") },
  {
    name: "policies",
    label: "Policies",
    key: "p",
    icon: "policies",
    load: () => import("../screens/policies/policies.js"),
  },
  {
    name: "approvals",
    label: "Approvals",
    key: "v",
    icon: "approvals",
    load: () => import("../screens/approvals/approvals.js"),
  },
  {
    name: "retention",
    label: "Retention",
    key: "r",
    icon: "retention",
    load: () => import("../screens/retention/retention.js"),
  },
  { name: "metrics", label: "Metrics", key: "m", icon: "metrics", load: () => import("../screens/metrics/metrics.js") },
  {
    name: "evidence",
    label: "Evidence",
    key: "d",
    icon: "evidence",
    load: () => import("../screens/evidence/evidence.js"),
  },
];

/** The screens of the rail. */
export const RAIL = SCREEN_LIST.filter(({ icon }) => icon !== undefined);
