import type { AgentStorage } from "@agent-assembly/storage";

/** What a token may do. */
export type Scope = "ingest" | "read" | "approve" | "policy" | "admin";

/** Who sent a request. */
export interface Identity {
  /** Name of the token, or `loopback` where none is needed. The actor of what is changed. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Only events of this team may be sent or read. */
  readonly teamId: string | undefined;
}

/** What the routes of a gateway share. */
export interface GatewayContext {
  readonly storage: AgentStorage;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Variables that middleware sets for the routes behind it. */
export interface GatewayEnv {
  readonly Variables: { identity: Identity };
}
