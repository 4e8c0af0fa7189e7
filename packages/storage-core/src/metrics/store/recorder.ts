import { invalidArgument, StorageError } from "../../errors.js";
import { describeShape } from "../../support/describe.js";
import type { MetricDefinition } from "../definition.js";
import type { MetricDriver } from "../driver/driver.js";
import { parseSample, type SampleRow } from "../parse.js";
import type { MetricRejection, MetricSample, RecordResult } from "../sample.js";
import type { MetricDefinitions } from "./definitions.js";

/** Definitions that change so often during one call are a defect of the backend. */
const MAX_ATTEMPTS = 10;

interface Checked {
  readonly good: SampleRow[];
  /** Position of each good sample in the array that was passed. */
  readonly indexes: number[];
  readonly rejected: MetricRejection[];
}

/** Checks samples against the definitions in force, and has the driver store them. */
export class MetricRecorder {
  /** Ends when every call so far has ended. */
  #calls: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly driver: MetricDriver,
    private readonly definitions: MetricDefinitions,
  ) {}

  async record(samples: readonly MetricSample[]): Promise<RecordResult> {
    if (!Array.isArray(samples)) throw invalidArgument("samples", `must be an array, got ${describeShape(samples)}`);
    if (samples.length === 0) return { recorded: 0, rejected: [] };
    const earlier = this.#calls;
    // Copied, since the caller may reuse the array before it is the turn of this call.
    const result = this.#inOrder([...samples], earlier);
    this.#calls = Promise.allSettled([earlier, result]).then(() => undefined);
    return result;
  }

  /** Readings of counters are stored in the order of the calls, since the one after has to know the one before. */
  async #inOrder(samples: readonly MetricSample[], earlier: Promise<unknown>): Promise<RecordResult> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      let definitions = await this.definitions.known();
      // After a change of definitions the calls that met it go on in their order, whatever they hold.
      if (attempt > 0 || samples.some((sample) => definitions.get(sample?.metric)?.kind === "cumulative")) {
        await earlier;
        definitions = await this.definitions.known();
      }
      const result = await this.#store(samples, definitions);
      if (result !== undefined) return result;
      this.definitions.forget();
    }
    throw new StorageError({ code: "busy", message: "metrics are being declared all the time", remedy: "Try again." });
  }

  /** @returns `undefined` when other definitions are in force, so that nothing was stored */
  async #store(
    samples: readonly MetricSample[],
    definitions: ReadonlyMap<string, MetricDefinition>,
  ): Promise<RecordResult | undefined> {
    const { good, indexes, rejected } = check(samples, definitions);
    if (good.length === 0) return { recorded: 0, rejected };
    const outcome = await this.driver.record(good, declaredOf(good, definitions));
    if (outcome.status === "redefined") return undefined;
    const late = outcome.late.map((position) => lateReading(indexes[position] as number, good[position] as SampleRow));
    return {
      recorded: good.length - late.length,
      rejected: [...rejected, ...late].sort((a, b) => a.index - b.index),
    };
  }
}

function check(samples: readonly MetricSample[], definitions: ReadonlyMap<string, MetricDefinition>): Checked {
  const checked: Checked = { good: [], indexes: [], rejected: [] };
  for (const [index, input] of samples.entries()) {
    const sample = parseSample(input, (metric) => definitions.get(metric));
    if (typeof sample === "string") {
      checked.rejected.push({ index, code: "invalid_argument", reason: sample });
    } else {
      checked.good.push(sample);
      checked.indexes.push(index);
    }
  }
  return checked;
}

function declaredOf(
  samples: readonly SampleRow[],
  definitions: ReadonlyMap<string, MetricDefinition>,
): Map<string, MetricDefinition> {
  const declared = new Map<string, MetricDefinition>();
  for (const { metric } of samples) {
    const definition = definitions.get(metric);
    if (definition !== undefined) declared.set(metric, definition);
  }
  return declared;
}

function lateReading(index: number, { metric, ts }: SampleRow): MetricRejection {
  return {
    index,
    code: "out_of_order",
    reason: `the reading of ${new Date(ts).toISOString()} does not come after the newest one of its counter ${JSON.stringify(metric)}, which contains it`,
  };
}
