import type { OneOrMany } from "../audit/store.js";
import type { ChangeContext } from "../governance/change.js";
import type { Page, PageRequest } from "../support/page.js";
import type { AgentChanges, AgentRecord, AgentStatus, EnforcementMode, NewAgent } from "./record.js";

/** Makes a change conditional on the stored revision. */
export interface ExpectedRevision {
  /** Refuse with `conflict` unless the stored revision is this one; default: any. */
  readonly expectedRevision?: number | undefined;
}

/** Selects agents; members that are given must all match. Without members it selects all agents. */
export interface AgentFilter {
  readonly teamId?: OneOrMany<string> | undefined;
  readonly orgId?: OneOrMany<string> | undefined;
  readonly status?: OneOrMany<AgentStatus> | undefined;
  /** The mode in force, as {@link AgentRecord.enforcementMode} reads it. */
  readonly enforcementMode?: OneOrMany<EnforcementMode> | undefined;
}

/** Of a change of an agent: what it expects, and what is recorded of it. */
export interface AgentChangeOptions extends ExpectedRevision, ChangeContext {}

/**
 * The registered agents. Linearizable across processes. Every change returns the record with its new revision, and is recorded as
 * an audit event of action `governance`, apart from `heartbeat` and `markOffline`. All changes throw `not_found` for an unknown
 * agent and `conflict` for a stale `expectedRevision`.
 */
export interface AgentRegistry {
  /** @throws `conflict` when the agent is registered already */
  register(agent: NewAgent, options?: ChangeContext): Promise<AgentRecord>;
  get(agentId: string): Promise<AgentRecord | undefined>;
  /** Ordered by `agentId`, by code point. */
  list(filter?: AgentFilter, page?: PageRequest): Promise<Page<AgentRecord>>;
  update(agentId: string, changes: AgentChanges, options?: AgentChangeOptions): Promise<AgentRecord>;
  /**
   * Without `expiresAt` sets the base mode and ends a running window; with it opens a window (which must end in the
   * future), after which the base mode is back.
   */
  setEnforcementMode(
    agentId: string,
    mode: EnforcementMode,
    options?: AgentChangeOptions & { readonly expiresAt?: Date | undefined },
  ): Promise<AgentRecord>;
  rotateIdentity(agentId: string, credential: string, options?: AgentChangeOptions): Promise<AgentRecord>;
  /** Marks the agent online and seen now. */
  heartbeat(agentId: string): Promise<AgentRecord>;
  markOffline(agentId: string, options?: ExpectedRevision): Promise<AgentRecord>;
  /** Removes the record and returns its last state; audit events stay. */
  remove(agentId: string, options?: AgentChangeOptions): Promise<AgentRecord>;
}
