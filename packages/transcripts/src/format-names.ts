/** The formats that are read. */
export const TRANSCRIPT_FORMATS = [
  "jsonl",
  "csv",
  "openai-chat",
  "openai-responses",
  "anthropic",
  "ai-sdk",
  "langchain",
  "claude-code",
  "codex",
  "inspect",
  "swe-agent",
  "otlp-json",
] as const;

/** A format that is read; see `docs/transcripts.md` for what each of its fields becomes. */
export type TranscriptFormat = (typeof TRANSCRIPT_FORMATS)[number];
