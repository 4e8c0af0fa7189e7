import type { AttributeReader } from "../attributes.js";
import type { OtlpSpan } from "../records.js";

/** What the attributes of a record may say, under a name of each convention. */
export interface SourceFields {
  readonly tool?: readonly string[];
  readonly callId?: readonly string[];
  readonly arguments?: readonly string[];
  readonly result?: readonly string[];
  readonly model?: readonly string[];
  /** What went wrong, in words. */
  readonly error?: readonly string[];
  readonly success?: readonly string[];
  readonly decision?: readonly string[];
  readonly decisionSource?: readonly string[];
  readonly rule?: readonly string[];
  /** What a message says. */
  readonly content?: readonly string[];
  readonly inputTokens?: readonly string[];
  readonly outputTokens?: readonly string[];
  readonly totalTokens?: readonly string[];
  readonly cacheReadTokens?: readonly string[];
  readonly cacheCreationTokens?: readonly string[];
  readonly costUsd?: readonly string[];
  readonly durationMs?: readonly string[];
}

/** The action of what a span tells; `none` when the source knows the span, and it is no event. */
export type ToldAction = string | "none" | undefined;

/** One convention of naming spans and their attributes. */
export interface Source {
  readonly name: string;
  readonly fields: SourceFields;
  /** @returns `undefined` when the span is none of this source */
  action(span: OtlpSpan, attributes: AttributeReader): ToldAction;
}
