import type { Command } from "commander";
import type { Lazily } from "./handler.js";

/** Commands under one name, such as `audit`. */
export interface CommandGroup {
  readonly name: string;
  readonly description: string;
  /** Imports what adds the commands of the group to it. */
  load(): Promise<(group: Command, run: Lazily) => void>;
}

export const COMMAND_GROUPS: readonly CommandGroup[] = [
  {
    name: "audit",
    description: "the log of what agents did and what was decided",
    load: async () => (await import("./commands/audit/index.js")).addAuditCommands,
  },
  {
    name: "agents",
    description: "the registered agents",
    load: async () => (await import("./commands/agents/index.js")).addAgentCommands,
  },
  {
    name: "policy",
    description: "versioned policies",
    load: async () => (await import("./commands/policy/index.js")).addPolicyCommands,
  },
  {
    name: "approvals",
    description: "requests that wait for a decision",
    load: async () => (await import("./commands/approvals/index.js")).addApprovalCommands,
  },
  {
    name: "metrics",
    description: "token usage, cost and other series",
    load: async () => (await import("./commands/metrics/index.js")).addMetricCommands,
  },
  {
    name: "retention",
    description: "how long events and metrics stay, and what leaves when",
    load: async () => (await import("./commands/retention/index.js")).addRetentionCommands,
  },
  {
    name: "archive",
    description: "events that left the database for files",
    load: async () => (await import("./commands/archive/index.js")).addArchiveCommands,
  },
  {
    name: "evidence",
    description: "proof that the log of events is complete and unchanged",
    load: async () => (await import("./commands/evidence/index.js")).addEvidenceCommands,
  },
  {
    name: "token",
    description: "who may use the gateway",
    load: async () => (await import("./commands/token/index.js")).addTokenCommands,
  },
  {
    name: "config",
    description: "the configuration in force",
    load: async () => (await import("./commands/config/index.js")).addConfigCommands,
  },
];
