import {
  isStorageError,
  type MetricDefinition,
  type MetricSample,
  type StorageBackend,
} from "@agent-assembly/storage-core";
import { createRandom } from "./random.js";
import { SAMPLE_SPAN_MS, type SampleEvent } from "./sample.js";
import { SAMPLE_AGENTS } from "./scenario.js";

const SEED = 20_240_502;
/** Tells the sample's values from those of real agents. */
const LABELS = { source: "aasm demo" };
const HOUR_MS = 3_600_000;

const DEFINITIONS: readonly MetricDefinition[] = [
  { name: "tokens", unit: "tokens", kind: "delta", decimals: 0 },
  { name: "cost_usd", unit: "USD", kind: "delta", decimals: 6 },
];
const MICRO = 1_000_000;

/** Millionths of a US dollar for a token. */
const PRICES: Readonly<Record<string, number>> = { "gpt-4o": 5, "claude-sonnet": 6, "gpt-4o-mini": 0.3 };

/** In the last hours one agent sends much longer prompts, which shows in tokens and cost. */
const LONG_PROMPTS = { agentId: "code-reviewer", lastMs: 30 * HOUR_MS, factor: 12 };

/**
 * Tokens and cost of the sample's tool calls, where metrics outlive the process; a second time it records nothing.
 * @param anchor the moment the sample counts back from, milliseconds since the epoch
 * @returns how many samples were recorded
 */
export async function recordSampleUsage(
  storage: StorageBackend,
  sample: readonly SampleEvent[],
  anchor: number,
): Promise<number> {
  if (storage.capabilities.metricsPersistence.status === "unsupported") return 0;
  for (const definition of DEFINITIONS) await declare(storage, definition);
  const earlier = await storage.metrics.query({
    metric: "tokens",
    aggregate: "count",
    labels: LABELS,
    from: new Date(anchor - SAMPLE_SPAN_MS),
    to: new Date(anchor + 1),
  });
  if (earlier.length > 0) return 0;
  return (await storage.metrics.record(samplesOf(sample, anchor))).recorded;
}

/** A store that has samples already, or that declares the metric in another way, keeps what it has. */
async function declare(storage: StorageBackend, definition: MetricDefinition): Promise<void> {
  try {
    await storage.metrics.define(definition);
  } catch (error) {
    if (!isStorageError(error, "conflict")) throw error;
  }
}

function samplesOf(sample: readonly SampleEvent[], anchor: number): MetricSample[] {
  const random = createRandom(SEED);
  const models = new Map(SAMPLE_AGENTS.map(({ agentId, metadata }) => [agentId, String(metadata?.model ?? "unknown")]));
  return sample
    .filter(({ action }) => action === "tool_call")
    .flatMap(({ agentId, teamId, beforeAnchorMs }) => {
      const isLong = agentId === LONG_PROMPTS.agentId && beforeAnchorMs < LONG_PROMPTS.lastMs;
      const tokens = (200 + Math.floor(random() ** 2 * 3000)) * (isLong ? LONG_PROMPTS.factor : 1);
      const model = models.get(agentId) ?? "unknown";
      const common = { ts: new Date(anchor - beforeAnchorMs), agentId, teamId, labels: { ...LABELS, model } };
      const cost = Math.round(tokens * (PRICES[model] ?? 0)) / MICRO;
      return [
        { ...common, metric: "tokens", value: tokens },
        { ...common, metric: "cost_usd", value: cost },
      ];
    });
}
