import type { JsonObject } from "../support/json.js";

/** How an agent proves who it is. */
export interface AgentIdentity {
  /** Public key, certificate or its fingerprint, as text; never a secret. */
  readonly credential: string;
  /** Which generation of the credential this is; 1 at registration, one more with each rotation. */
  readonly generation: number;
  readonly rotatedAt: Date;
}

/** Whether an agent is running. `registered`: no heartbeat so far. */
export type AgentStatus = "registered" | "online" | "offline";

/** Well-known enforcement modes; any other string is accepted too. */
export const ENFORCEMENT_MODES = {
  enforce: "enforce",
  shadow: "shadow",
  observe: "observe",
  disabled: "disabled",
} as const;

/** A mode: editors suggest the well-known ones; any other string is accepted too. */
export type EnforcementMode = (typeof ENFORCEMENT_MODES)[keyof typeof ENFORCEMENT_MODES] | (string & {});

/** A temporary enforcement mode. */
export interface EnforcementWindow {
  readonly mode: EnforcementMode;
  readonly expiresAt: Date;
}

/** A registered agent. Optional members are absent, never `null`. */
export interface AgentRecord {
  readonly agentId: string;
  readonly name?: string;
  readonly teamId?: string;
  readonly orgId?: string;
  /** The mode in force at the moment of reading: an expired window reads as `baseEnforcementMode`. */
  readonly enforcementMode: EnforcementMode;
  readonly baseEnforcementMode: string;
  /** The temporary mode in force; absent when there is none or it has expired. */
  readonly enforcementWindow?: EnforcementWindow;
  readonly identity?: AgentIdentity;
  readonly status: AgentStatus;
  readonly lastSeenAt?: Date;
  readonly metadata: JsonObject;
  /** 1 at registration; one more with every change. */
  readonly revision: number;
  readonly registeredAt: Date;
  readonly updatedAt: Date;
}

/** An agent to register. Texts have 1 to 512 characters. */
export interface NewAgent {
  readonly agentId: string;
  readonly name?: string | undefined;
  readonly teamId?: string | undefined;
  readonly orgId?: string | undefined;
  /** Default `enforce`. */
  readonly enforcementMode?: EnforcementMode | undefined;
  /** Credential text; see {@link AgentIdentity}. */
  readonly credential?: string | undefined;
  /** Default `{}`. */
  readonly metadata?: JsonObject | undefined;
}

/** Members that are present are set; `null` clears an optional one; `metadata` is replaced whole. */
export interface AgentChanges {
  readonly name?: string | null | undefined;
  readonly teamId?: string | null | undefined;
  readonly orgId?: string | null | undefined;
  readonly metadata?: JsonObject | undefined;
}
