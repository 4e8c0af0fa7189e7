import type { AgentStorage } from "@agent-assembly/storage";
import {
  type AppendResult,
  isStorageError,
  type MetricSample,
  type NewAuditEvent,
  type Rejection,
} from "@agent-assembly/storage-core";
import type { Counter, MetricRegistry } from "../metrics/registry.js";
import { MODEL_CALL_METRICS, modelCallSamples } from "./model-call-samples.js";

/** Stores events, as `audit.append` does. */
export type AppendEvents = (events: readonly NewAuditEvent[]) => Promise<AppendResult>;

/** What {@link sampledAppend} works with. */
export interface SampledAppendParts {
  readonly storage: Pick<AgentStorage, "audit" | "metrics">;
  readonly metrics: MetricRegistry;
  /** Told of samples that could not be recorded: the events are stored, and so the request did not fail. */
  readonly onError: ((error: unknown) => void) | undefined;
}

/** Events that are appended by one call. */
interface Run {
  /** Position of its first event. */
  readonly at: number;
  readonly events: NewAuditEvent[];
  /** Of a model call, which is alone in its run. */
  readonly samples: readonly MetricSample[];
}

/**
 * Stores events, and records tokens and cost of those model calls that were not stored before. A call that has such numbers is
 * appended by itself, since only then the answer tells whether it is new; the store commits such calls together.
 *
 * Events come first: a process that dies between both loses the samples of that request, and no delivery counts twice.
 */
export function sampledAppend({ storage, metrics, onError }: SampledAppendParts): AppendEvents {
  const lost = metrics.counter("aasm_model_call_samples_lost_total", "Samples of stored model calls not recorded.");
  const recorder = new SampleRecorder(storage, lost, onError);
  return async (events) => {
    const runs = runsOf(events);
    const outcomes = await Promise.allSettled(runs.map((run) => storage.audit.append(run.events)));
    // Also where another part failed: the next delivery finds these stored, and does not count them.
    await recorder.record(
      runs.flatMap(({ samples }, n) => {
        const outcome = outcomes[n];
        return outcome?.status === "fulfilled" && outcome.value.inserted === 1 ? samples : [];
      }),
    );
    return merged(runs, outcomes);
  };
}

/** In the order of the events, so that they are committed in it. */
function runsOf(events: readonly NewAuditEvent[]): Run[] {
  const runs: Run[] = [];
  for (const [at, event] of events.entries()) {
    const samples = modelCallSamples(event);
    const last = runs.at(-1);
    if (samples.length === 0 && last?.samples.length === 0) last.events.push(event);
    else runs.push({ at, events: [event], samples });
  }
  return runs;
}

/** @throws what the first part that failed failed with */
function merged(runs: readonly Run[], outcomes: readonly PromiseSettledResult<AppendResult>[]): AppendResult {
  let inserted = 0;
  let duplicates = 0;
  const rejected: Rejection[] = [];
  for (const [n, outcome] of outcomes.entries()) {
    if (outcome.status === "rejected") throw outcome.reason;
    inserted += outcome.value.inserted;
    duplicates += outcome.value.duplicates;
    const { at } = runs[n] as Run;
    for (const one of outcome.value.rejected) rejected.push({ ...one, index: at + one.index });
  }
  return { inserted, duplicates, rejected };
}

class SampleRecorder {
  #declared: Promise<void> | undefined;

  constructor(
    private readonly storage: Pick<AgentStorage, "metrics">,
    private readonly lost: Counter,
    private readonly onError: ((error: unknown) => void) | undefined,
  ) {}

  /** Never rejects: the events of the samples are stored. */
  async record(samples: readonly MetricSample[]): Promise<void> {
    if (samples.length === 0) return;
    try {
      await this.#declare();
      const { rejected } = await this.storage.metrics.record(samples);
      if (rejected.length > 0) this.lost.add({}, rejected.length);
    } catch (error) {
      this.lost.add({}, samples.length);
      this.onError?.(error);
    }
  }

  /** A failed declaration is tried again with the next samples. */
  #declare(): Promise<void> {
    this.#declared ??= this.#define().catch((error: unknown) => {
      this.#declared = undefined;
      throw error;
    });
    return this.#declared;
  }

  async #define(): Promise<void> {
    for (const definition of MODEL_CALL_METRICS) {
      try {
        await this.storage.metrics.define(definition);
      } catch (error) {
        // Another program of the store declared it in another way, or has samples already: what it has stays.
        if (!isStorageError(error, "conflict")) throw error;
      }
    }
  }
}
