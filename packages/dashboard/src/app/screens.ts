import type { IconName } from "../parts/icon-paths.js";
import type { Screen } from "../url/location.js";

/** One screen of the page. */
export interface ScreenInfo {
  readonly name: Screen;
  readonly label: string;
  /** The key after `g`. */
  readonly key: string;
  /** Absent for the screen that is reached from events only. */
  readonly icon?: IconName;
}

export const SCREEN_LIST: readonly ScreenInfo[] = [
  { name: "overview", label: "Overview", key: "o", icon: "overview" },
  { name: "events", label: "Events", key: "e", icon: "events" },
  { name: "session", label: "Session", key: "s" },
  { name: "agents", label: "Agents", key: "a", icon: "agents" },
  { name: "policies", label: "Policies", key: "p", icon: "policies" },
  { name: "approvals", label: "Approvals", key: "v", icon: "approvals" },
  { name: "retention", label: "Retention", key: "r", icon: "retention" },
  { name: "metrics", label: "Metrics", key: "m", icon: "metrics" },
  { name: "evidence", label: "Evidence", key: "d", icon: "evidence" },
];

/** The screens of the rail. */
export const RAIL = SCREEN_LIST.flatMap(({ icon, ...screen }) => (icon === undefined ? [] : [{ ...screen, icon }]));
