import type { AgentStorage } from "@agent-assembly/storage";
import type { MetricSample } from "@agent-assembly/storage-core";
import type { Identity } from "../../context.js";
import type { Outcome, RejectedItem } from "../outcome.js";
import type { OtlpPoint } from "./point.js";
import { samplesOf } from "./samples.js";

const NO_VALUE = "no_value";

/** Stores the samples of a request's points with one `record`; resolves once they are durable. */
export async function ingestPoints(
  points: readonly OtlpPoint[],
  storage: Pick<AgentStorage, "metrics">,
  { teamId }: Pick<Identity, "teamId">,
): Promise<Outcome> {
  const samples: MetricSample[] = [];
  const owners: number[] = [];
  const rejected = new Map<number, RejectedItem>();
  let withoutValue = 0;
  for (const [index, point] of points.entries()) {
    const found = samplesOf(point, teamId);
    if ("problem" in found) {
      rejected.set(index, { index, code: "invalid_argument", reason: found.problem });
      continue;
    }
    if (found.length === 0) withoutValue++;
    for (const sample of found) {
      if (teamId !== undefined && sample.teamId !== teamId) {
        rejected.set(index, { index, code: "forbidden", reason: "is of another team than the token" });
      } else {
        samples.push(sample);
        owners.push(index);
      }
    }
  }
  if (samples.length > 0) {
    const result = await storage.metrics.record(samples);
    for (const { index, code } of result.rejected) {
      const owner = owners[index] as number;
      rejected.set(owner, { index: owner, code, reason: "has a name, value or label that cannot be stored" });
    }
  }
  return {
    items: points.length,
    rejected: [...rejected.values()].sort((a, b) => a.index - b.index),
    ignored: new Map(withoutValue === 0 ? [] : [[NO_VALUE, withoutValue]]),
  };
}
