import type { Target } from "../target.js";

/** Every target by its name; each is loaded in the process that tries it. */
export const TARGETS = {
  tokens: async () => (await import("./tokens.js")).tokens,
  requests: async () => (await import("./requests.js")).requests,
  policies: async () => (await import("./policies.js")).policies,
  configuration: async () => (await import("./configuration.js")).configuration,
  archives: async () => (await import("./archives.js")).archives,
  imports: async () => (await import("./imports.js")).imports,
  transcripts: async () => (await import("./transcripts.js")).transcripts,
  otlp: async () => (await import("./otlp.js")).otlp,
  evidence: async () => (await import("./evidence.js")).evidence,
  exports: async () => (await import("./exports.js")).exports,
  redis: async () => (await import("./redis.js")).redis,
  http: async () => (await import("./http.js")).http,
  "long-texts": async () => (await import("./long-texts.js")).longTexts,
} satisfies Record<string, () => Promise<Target>>;

/** The name of a target. */
export type TargetName = keyof typeof TARGETS;

export const TARGET_NAMES = Object.keys(TARGETS) as readonly TargetName[];
