import type { RoleName } from "./roles/index.js";
import type { Settings } from "./settings.js";

/** What a process of the soak is started with. */
export interface Assignment {
  readonly role: RoleName;
  /** Unique among the processes that run at the same time; a process that is started again keeps it. */
  readonly name: string;
  readonly seed: number;
  readonly settings: Settings;
  /** Its own; a process that is started again goes on in it. */
  readonly journal: string;
}

/** What the process is told. */
export type Order =
  /** End after what is under way. */
  { readonly kind: "stop" } | { readonly kind: "clock"; readonly offsetMs: number };

/** What the process tells. */
export type News =
  /** Something it did, for the log of actions. */
  | { readonly kind: "did"; readonly what: string }
  /** Something that must not be. */
  | { readonly kind: "violation"; readonly what: string }
  /** It has done so many steps. */
  | { readonly kind: "steps"; readonly steps: number };
