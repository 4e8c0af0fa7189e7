import { type Clock, isStorageError, type StorageBackend } from "@agent-assembly/storage-core";
import { parseBoolean, parseInteger, systemClock } from "@agent-assembly/storage-core/backend";
import { planRetention } from "../plan/make-plan.js";
import type { ResolvedPolicy, RetentionPolicy } from "../policy/policy.js";
import { parseRetentionPolicy } from "../policy/resolve-policy.js";
import { asStorageError } from "../run/run-items.js";
import { applyRetention, type RunOptions, scheduleHistory } from "../run/run-retention.js";
import { CronLine } from "./cron.js";
import type { ScheduleEvent } from "./events.js";
import { Pause } from "./pause.js";

/** The settings of a schedule that {@link RetentionSchedule.update} can change. */
export interface ScheduleSettings {
  readonly policy?: RetentionPolicy | undefined;
  /** Five cron fields, in UTC; default `0 3 * * *`. */
  readonly schedule?: string | undefined;
  /** Only plan; default false. */
  readonly dryRun?: boolean | undefined;
}

/** Options of {@link scheduleRetention}. */
export interface ScheduleOptions extends ScheduleSettings, Pick<RunOptions, "openArchive" | "leaseMs" | "evidence"> {
  /** Maximum random delay of each run, milliseconds, so that processes do not all start at once; default 30,000. */
  readonly jitterMs?: number | undefined;
  readonly onEvent?: ((event: ScheduleEvent) => void) | undefined;
  readonly clock?: Clock | undefined;
}

/** A running schedule; returned by {@link scheduleRetention}. */
export interface RetentionSchedule extends AsyncDisposable {
  /** The next scheduled time. */
  readonly nextRun: Date;
  /**
   * Changes the options from the next run on; omitted options stay unchanged. A running run is not affected.
   * @throws `invalid_argument`; then nothing changes
   */
  update(settings: ScheduleSettings): void;
  /** Interrupts a running run and resolves when it has ended. Idempotent. */
  stop(): Promise<void>;
}

const DEFAULT_SCHEDULE = "0 3 * * *";
const DEFAULT_JITTER_MS = 30_000;
/** Pause before the next attempt when the store did not answer. */
const STORE_AWAY_MS = 10_000;

interface Settings {
  readonly policy: ResolvedPolicy;
  readonly cron: CronLine;
  readonly dryRun: boolean;
}

/**
 * Runs retention on a schedule until it is stopped. Any number of processes may do so on one store: one of them
 * executes each run, and if it dies another takes over when its lease ends. Of several runs missed while no process was
 * running, only the last one is made up for.
 * @throws `invalid_argument`
 */
export function scheduleRetention(storage: StorageBackend, options: ScheduleOptions = {}): RetentionSchedule {
  return new Scheduler(storage, options);
}

class Scheduler implements RetentionSchedule {
  readonly #clock: Clock;
  readonly #stopping = new AbortController();
  readonly #pause = new Pause(this.#stopping.signal);
  readonly #jitterMs: number;
  readonly #running: Promise<void>;
  #settings: Settings;
  readonly #startedMs: number;
  /** The last scheduled time handled by this process or, as far as it knows, by another. */
  #handledMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly storage: StorageBackend,
    private readonly options: ScheduleOptions,
  ) {
    this.#clock = options.clock ?? systemClock;
    this.#jitterMs = parseInteger("options.jitterMs", options.jitterMs ?? DEFAULT_JITTER_MS, 0, 86_400_000);
    this.#settings = settingsOf(options);
    this.#startedMs = this.#clock();
    this.#running = this.#run();
  }

  get nextRun(): Date {
    return this.#settings.cron.next(this.#now());
  }

  update(settings: ScheduleSettings): void {
    const { policy, cron, dryRun } = this.#settings;
    this.#settings = {
      policy: settings.policy === undefined ? policy : parseRetentionPolicy(settings.policy),
      cron: settings.schedule === undefined ? cron : new CronLine(settings.schedule),
      dryRun: settings.dryRun === undefined ? dryRun : parseBoolean("settings.dryRun", settings.dryRun),
    };
    this.#pause.end();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the schedule was stopped"));
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  get #stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  #now(): Date {
    return new Date(this.#clock());
  }

  #tell(event: ScheduleEvent): void {
    this.options.onEvent?.(event);
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        const { due, missed } = await this.#due();
        const jitter = Math.floor(Math.random() * this.#jitterMs);
        if (!missed) this.#tell({ kind: "waiting", until: due });
        if (!(await this.#pause.until(due.getTime() + jitter, this.#clock))) continue;
        await this.#make(due, missed);
        this.#handledMs = due.getTime();
      } catch (error) {
        if (this.#stopped) return;
        this.#tell({ kind: "failed", error: asStorageError(error) });
        await this.#pause.until(this.#clock() + STORE_AWAY_MS, this.#clock);
      }
    }
  }

  /**
   * Based on the history that all processes share, so that a restart neither repeats nor misses a run; dry runs have
   * none.
   */
  async #due(): Promise<{ due: Date; missed: boolean }> {
    const { cron, dryRun } = this.#settings;
    const last = new Date(Math.max(dryRun ? this.#startedMs : await this.#lastRecorded(), this.#handledMs));
    // Read once: a time between two readings of the clock would be neither past nor future.
    const now = this.#now();
    const missed = cron.latest(last, now);
    return missed === undefined ? { due: cron.next(now), missed: false } : { due: missed, missed: true };
  }

  /** Without any earlier run, nothing was missed before this process started. */
  async #lastRecorded(): Promise<number> {
    const { made, begun } = await scheduleHistory(this.storage);
    if (made !== undefined) return made.getTime();
    return begun === undefined ? this.#startedMs : begun.getTime() - 1;
  }

  async #make(scheduledFor: Date, missed: boolean): Promise<void> {
    const { policy, dryRun } = this.#settings;
    const { signal } = this.#stopping;
    const { openArchive, leaseMs = 60_000, evidence } = this.options;
    this.#tell({ kind: "started", scheduledFor, missed });
    if (dryRun) {
      const plan = await planRetention(this.storage, policy, { now: this.#now(), signal });
      this.#tell({ kind: "planned", scheduledFor, plan });
      return;
    }
    const onProgress = (progress: Extract<ScheduleEvent, { kind: "progress" }>["progress"]): void =>
      this.#tell({ kind: "progress", progress });
    let told = false;
    while (!this.#stopped) {
      try {
        const options = { signal, onProgress, openArchive, leaseMs, evidence, scheduledFor, now: this.#now() };
        const report = await applyRetention(this.storage, policy, options);
        this.#tell({ kind: "ended", scheduledFor, report });
        return;
      } catch (error) {
        const code = isStorageError(error) ? error.code : undefined;
        if (code === "conflict" && ((await scheduleHistory(this.storage)).made ?? 0) >= scheduledFor) {
          this.#tell({ kind: "left", scheduledFor, to: "done" });
          return;
        }
        if (code !== "busy") throw error;
        if (!told) this.#tell({ kind: "left", scheduledFor, to: "running" });
        told = true;
        // Its owner may die; a waiting process then takes over.
        await this.#pause.until(this.#clock() + leaseMs / 6, this.#clock);
      }
    }
  }
}

function settingsOf({ policy, schedule = DEFAULT_SCHEDULE, dryRun = false }: ScheduleSettings): Settings {
  return {
    policy: parseRetentionPolicy(policy),
    cron: new CronLine(schedule),
    dryRun: parseBoolean("options.dryRun", dryRun),
  };
}
