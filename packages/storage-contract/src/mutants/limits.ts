import { setImmediate as nextTurn } from "node:timers/promises";
import { isStorageError, type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import { errorInit } from "@agent-assembly/storage-core/backend";
import { type Mutant, misconfigured, mutant, override } from "./mutant.js";

const CHUNK = 500;

/** Summaries that end somewhere instead of being refused. */
function cutOff(sound: StorageBackend, most: number): StorageBackend {
  return override(sound, "audit", {
    async summarize(filter, request) {
      try {
        return (await sound.audit.summarize(filter, request)).slice(0, most);
      } catch (error) {
        if (isStorageError(error) && error.message.includes("groups")) return [];
        throw error;
      }
    },
  });
}

/** Defects of sizes: what is cut off, divided or let through. */
export const limitMutants: readonly Mutant[] = [
  mutant("commits a call in parts", "audit.append.appears-at-once", (sound) =>
    override(sound, "audit", {
      async append(events, options) {
        const total = { inserted: 0, duplicates: 0, rejected: [] };
        for (let from = 0; from < events.length; from += CHUNK) {
          const part = await sound.audit.append(events.slice(from, from + CHUNK), options);
          total.inserted += part.inserted;
          total.duplicates += part.duplicates;
          // Memory commits at once: a reader gets a turn here, as it would while a disk is written.
          await nextTurn();
        }
        return total;
      },
    }),
  ),
  mutant("ignores limits of the store in one call", "audit.append.store-limits", (sound) =>
    override(sound, "audit", {
      append(events, options) {
        const { maxAgeMs, maxSkewMs, ...others } = options?.limits ?? {};
        const known = Object.keys(others).every((name) => name === "maxPayloadBytes" || name === "maxSummaryGroups");
        return sound.audit.append(events, known ? { limits: { maxAgeMs, maxSkewMs } } : options);
      },
    }),
  ),
  mutant("does not name the option of an error", "audit.append.store-limits", (sound) =>
    override(sound, "audit", {
      append: (events, options) =>
        sound.audit.append(events, options).catch((error: unknown) => {
          throw isStorageError(error) ? new StorageError({ ...errorInit(error), option: undefined }) : error;
        }),
    }),
  ),
  misconfigured("takes payloads of any size", "audit.append.default-payload-cap", (options) => ({
    ...options,
    limits: { maxPayloadBytes: 64 * 1024 * 1024, ...options.limits },
  })),
  misconfigured("halves the default payload cap", "audit.append.default-payload-cap", (options) => ({
    ...options,
    limits: { maxPayloadBytes: 128 * 1024, ...options.limits },
  })),
  mutant("answers nothing instead of too many groups", "audit.summary.too-many-groups", (sound) =>
    cutOff(sound, Number.POSITIVE_INFINITY),
  ),
  mutant("cuts summaries off at 500 groups", "audit.summary.too-many-groups", (sound) => cutOff(sound, 500)),
  mutant("caps runs at 50", "retention.runs.default-limit", (sound) =>
    override(sound, "retentionSupport", { runs: (options) => sound.retentionSupport.runs({ limit: 50, ...options }) }),
  ),
  mutant("does not limit runs by default", "retention.runs.default-limit", (sound) =>
    override(sound, "retentionSupport", {
      runs: (options) => sound.retentionSupport.runs({ limit: 1000, ...options }),
    }),
  ),
];
