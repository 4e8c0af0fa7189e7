import { StorageError } from "../../errors.js";
import { describeDefinition, type MetricDefinition, sameDefinition } from "../definition.js";
import type { MetricDriver } from "../driver/driver.js";
import { eventMetric } from "../event-metrics.js";
import { parseMetricDefinition } from "../parse-definition.js";

/** The declared metrics of a backend, as this process last read them. */
export class MetricDefinitions {
  #known: Promise<ReadonlyMap<string, MetricDefinition>> | undefined;

  constructor(private readonly driver: MetricDriver) {}

  /** @throws `invalid_argument`, `conflict` */
  async define(input: MetricDefinition): Promise<MetricDefinition> {
    const definition = parseMetricDefinition(input);
    const outcome = await this.driver.define(definition);
    this.forget();
    if (outcome.status === "has_samples") throw hasSamples(definition);
    if (outcome.status === "exists" && !sameDefinition(outcome.definition, definition)) {
      throw definedOtherwise(outcome.definition, definition);
    }
    return definition;
  }

  /** All definitions, perhaps from earlier: another process may have added some since. */
  known(): Promise<ReadonlyMap<string, MetricDefinition>> {
    this.#known ??= this.#read().catch((error: unknown) => {
      this.forget();
      throw error;
    });
    return this.#known;
  }

  /** Has the next {@link known} read them anew. */
  forget(): void {
    this.#known = undefined;
  }

  /** The definition of the metric that a request names; `undefined` where it has none, or where the request is malformed. */
  async ofMetric(request: unknown): Promise<MetricDefinition | undefined> {
    const metric: unknown =
      typeof request === "object" && request !== null ? Reflect.get(request, "metric") : undefined;
    if (typeof metric !== "string") return undefined;
    return eventMetric(metric) ?? (await this.#read()).get(metric);
  }

  async #read(): Promise<ReadonlyMap<string, MetricDefinition>> {
    return new Map((await this.driver.definitions()).map((definition) => [definition.name, definition]));
  }
}

function definedOtherwise(stored: MetricDefinition, given: MetricDefinition): StorageError {
  return new StorageError({
    code: "conflict",
    message: `metric ${JSON.stringify(given.name)} is already declared as ${describeDefinition(stored)}, not as ${describeDefinition(given)}`,
    remedy: "Declare it in the same way, or use another name.",
  });
}

function hasSamples(definition: MetricDefinition): StorageError {
  const { name, kind } = definition;
  const what = kind === "cumulative" ? "the kind cumulative" : "decimals";
  return new StorageError({
    code: "conflict",
    message: `metric ${JSON.stringify(name)} already has samples, which ${what} would give another meaning`,
    remedy: "Declare a metric before its first sample, or use another name.",
  });
}
