import type { JsonValue } from "@agent-assembly/storage-core";
import type { TranscriptFormat } from "../format-names.js";
import type { TranscriptItem } from "../item.js";
import type { Document } from "../json/document.js";

/** How a source is read, with every default filled in. */
export interface ReaderOptions {
  readonly agentId: string | undefined;
  /** IANA name, for times without a zone. */
  readonly timeZone: string;
  /** Decision of what the source only reports. */
  readonly decision: string;
  /** Time of calls of which neither they nor anything before them has one. */
  readonly start: Date;
}

/** Reads the documents of one source. */
export interface FormatReader {
  read(document: Document): Iterable<TranscriptItem>;
  /**
   * The source is still being written, and has nothing more for now: what waits for more is yielded as far as it is known, and
   * what comes later adds to it. Absent where nothing waits.
   */
  pause?(): Iterable<TranscriptItem>;
  /** What is left when the source has ended. */
  end(): Iterable<TranscriptItem>;
  /** Messages without a call so far: they are read, and are no events. */
  readonly messages: number;
}

/** A format whose sources are JSON values. */
export interface Format {
  readonly name: TranscriptFormat;
  /**
   * How many things in a document only this format has; zero when it is none of it. Each document of a source is asked about,
   * until enough is known.
   */
  evidence(value: JsonValue): number;
  /** One document of it tells the format, when nothing before it was of another. */
  readonly decisive?: boolean;
  open(options: ReaderOptions): FormatReader;
}

/** Evidence of a format whose documents name it by their outermost members, whatever the conversations in them look like. */
export const CERTAIN = 1e9;
