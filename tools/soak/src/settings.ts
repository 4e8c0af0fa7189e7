import type { RetentionPolicy } from "@agent-assembly/retention";
import type { StorageOptions } from "@agent-assembly/storage";

/** Events of this many days are old: retention archives them, day by day, while writers add to each. */
export const OLD_DAYS = [25, 34] as const;
export const HELD_AGENT = "held";
/** The only metric; every sample counts one. */
export const METRIC = "soak.samples";
/** What names of sessions begin with, so that they are found in the files of a store. */
export const SESSION_PREFIX = "session:";
export const POLICY_NAMES = ["alpha", "beta"] as const;

/** What every process of a soak needs to know. */
export interface Settings {
  /** How the store is opened. */
  readonly storage: StorageOptions;
  /** `file://` URL of the archive. */
  readonly archiveUrl: string;
  /** The key that signs the log of the store. */
  readonly signerKey: string;
}

export function retentionPolicy({ archiveUrl }: Pick<Settings, "archiveUrl">): RetentionPolicy {
  return { audit: { hotDays: 10, warmDays: 20, coldAction: "archive" }, archiveUrl };
}
