import type { AgentStorage } from "@agent-assembly/storage";
import { isStorageError, type StorageErrorCode } from "@agent-assembly/storage-core";
import type { Journal } from "../journal.js";
import type { Random } from "../random.js";
import type { Settings } from "../settings.js";

/** What the work of a process uses. */
export interface Workplace {
  readonly storage: AgentStorage;
  readonly settings: Settings;
  readonly journal: Journal;
  readonly random: Random;
  /** Of the process; a process that is started again keeps it. */
  readonly name: string;
  /** What the process reached before, also before it was started again. */
  readonly progress: { position?: string };
  /** Aborts when the soak ends. */
  readonly signal: AbortSignal;
  /** For the log of actions. */
  readonly tell: (what: string) => void;
  /** Says that something is not as it must be. */
  readonly report: (violation: string) => void;
}

/** What one kind of process does. */
export interface Role {
  /** One piece of work. A failure that faults explain ends the step, and the next one begins. */
  readonly step: (place: Workplace) => Promise<void>;
  /** Milliseconds between two steps, at most. */
  readonly pauseMs: number;
}

/** What a call may fail with because of a fault. */
const EXPECTED: readonly StorageErrorCode[] = ["unavailable", "timeout", "busy", "full", "closed"];

/** Whether a fault explains the failure: its outcome is unknown then. */
export function isExplained(error: unknown): boolean {
  return isStorageError(error) && EXPECTED.includes(error.code);
}
