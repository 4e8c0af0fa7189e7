export { TranscriptFollower } from "./follow.js";
export { TRANSCRIPT_FORMATS, type TranscriptFormat } from "./format-names.js";
export type { Place, ProblemCode, TranscriptEvent, TranscriptItem, TranscriptProblem } from "./item.js";
export type { ReadTranscriptOptions } from "./options.js";
export { readTranscript } from "./read.js";
export { type StoreOptions, type StoreReport, storeTranscript } from "./store.js";
export { type ProblemGroup, TranscriptSummary } from "./summary.js";
