import {
  type Bucketing,
  matchesPayload,
  type PayloadCondition,
  parseBucket,
  textProblem,
} from "@agent-assembly/storage-core/backend";
import type Database from "better-sqlite3";
import { BUCKET_FUNCTION, METADATA_FUNCTION, PAYLOAD_FUNCTION } from "../sql/function-names.js";

/**
 * Questions that SQL would answer differently from the reference (JSON Pointers, time zones, text rules) are asked in
 * JavaScript, from the same code that every backend uses.
 */
export function defineFunctions(connection: Database.Database): void {
  const options = { deterministic: true, directOnly: true } as const;
  const conditionsOf = memoize((text) => JSON.parse(text) as PayloadCondition[]);
  connection.function(PAYLOAD_FUNCTION, options, (conditions: unknown, payload: unknown) =>
    matchesPayload(conditionsOf(conditions as string), payload as string | null) ? 1 : 0,
  );
  const bucketingOf = memoize((text): Bucketing => {
    const [every, timeZone] = JSON.parse(text) as [string, string];
    return parseBucket({ every, timeZone });
  });
  connection.function(BUCKET_FUNCTION, options, (bucket: unknown, ts: unknown) =>
    bucketingOf(bucket as string).startOf(ts as number),
  );
  const metadataOf = memoize((text) => JSON.parse(text) as Record<string, unknown>);
  connection.function(METADATA_FUNCTION, options, (metadata: unknown, key: unknown) => {
    if (metadata === null) return null;
    const object = metadataOf(metadata as string);
    const value = Object.hasOwn(object, key as string) ? object[key as string] : null;
    return textProblem(value) === undefined ? (value as string) : null;
  });
}

/** Remembers answers; forgets them all when there are many, which bounds its memory. */
function memoize<T>(compute: (text: string) => T): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    let value = known.get(text);
    if (value === undefined) {
      if (known.size >= 1000) known.clear();
      value = compute(text);
      known.set(text, value);
    }
    return value;
  };
}
