import { StorageError } from "@agent-assembly/storage-core";
import { didYouMean, instantOfLocalTime } from "@agent-assembly/storage-core/backend";
import { TRANSCRIPT_FORMATS, type TranscriptFormat } from "./format-names.js";
import type { ReaderOptions } from "./formats/format.js";

/** How to read a source. */
export interface ReadTranscriptOptions {
  /** The format the source has; @default "auto", which finds out from its content */
  readonly format?: TranscriptFormat | "auto" | undefined;
  /** Whose calls these are; default the agent or model that the source names. */
  readonly agentId?: string | undefined;
  /** IANA time zone of times without one. @default "UTC" */
  readonly timeZone?: string | undefined;
  /** Decision of calls of which the source does not say that they were allowed or denied. @default "observed" */
  readonly decision?: string | undefined;
  /** Time of calls when the source has none at all. @default 2024-01-01T00:00:00Z */
  readonly start?: Date | undefined;
}

/** Late enough to be read as made up, early enough not to lie ahead. */
const DEFAULT_START = new Date("2024-01-01T00:00:00.000Z");

/** @throws `invalid_argument` for an option that cannot be used */
export function parseOptions(options: ReadTranscriptOptions): ReaderOptions {
  const { format = "auto", timeZone = "UTC" } = options;
  if (format !== "auto" && !TRANSCRIPT_FORMATS.includes(format)) {
    throw new StorageError({
      code: "invalid_argument",
      option: "format",
      message: `{option} must be auto, ${TRANSCRIPT_FORMATS.join(", ")}.${didYouMean(String(format), TRANSCRIPT_FORMATS)}`,
    });
  }
  try {
    instantOfLocalTime(0, timeZone);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new StorageError({
      code: "invalid_argument",
      option: "timeZone",
      message: "{option} must be an IANA time zone such as Europe/Berlin",
      cause,
    });
  }
  return {
    agentId: options.agentId,
    timeZone,
    decision: options.decision ?? "observed",
    start: options.start ?? DEFAULT_START,
  };
}
