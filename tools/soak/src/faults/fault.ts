import type { Crew } from "../crew.js";
import type { Random } from "../random.js";
import type { Settings } from "../settings.js";

/** What a fault has at hand. */
export interface FaultContext {
  readonly crew: Crew;
  readonly random: Random;
  readonly settings: Settings;
  /** Waits so long, less when the soak ends. */
  readonly pause: (ms: number) => Promise<void>;
  /** For the log of actions. */
  readonly tell: (what: string) => void;
}

/** Something that goes wrong, and is over when the promise resolves. */
export interface Fault {
  readonly name: string;
  /** How often it comes, beside the others. */
  readonly weight: number;
  readonly run: (context: FaultContext) => Promise<void>;
}
