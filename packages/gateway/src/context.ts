import type { AgentStorage, ApiTokenScope } from "@agent-assembly/storage";
import type { BodyReader } from "./http/body.js";
import type { AppendEvents } from "./ingest/append-events.js";
import type { MetricRegistry } from "./metrics/registry.js";
import type { RetentionControl } from "./retention.js";

/** What a token may do; `API_TOKEN_SCOPES` of the store lists what each allows. */
export type Scope = ApiTokenScope;

/** Who sent a request. */
export interface Identity {
  /** Name of the token, or `loopback` where none is needed. The actor of what is changed. */
  readonly name: string;
  readonly scopes: ReadonlySet<Scope>;
  /** Only events of this team may be sent or read. */
  readonly teamId: string | undefined;
  /** What the request was let in by. */
  readonly credential: "token" | "session" | "none";
  /** Of the token that was sent, or that the session began with; no part of the secret. */
  readonly tokenId?: string | undefined;
}

/** What the routes of a gateway share. */
export interface GatewayContext {
  readonly storage: AgentStorage;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Reads the bodies of requests within the limits of the gateway. */
  readonly bodies: BodyReader;
  /** When the gateway was made, in milliseconds since the epoch. */
  readonly startedAt: number;
  /** Shown to operators: `local` is one machine, `remote` a shared store. */
  readonly mode: "local" | "remote";
  /** Absent where the gateway was made without a retention policy. */
  readonly retention: RetentionControl | undefined;
  /** Stores what was sent. */
  readonly append: AppendEvents;
  /** Whether reads of payloads are recorded. */
  readonly accessAudit: boolean;
  /** What `/metrics` shows. */
  readonly metrics: MetricRegistry;
  /** Told of failures that no answer tells of. */
  readonly onError: ((error: unknown) => void) | undefined;
  /** Aborted when the gateway closes: streams of events end, and nothing new is begun. */
  readonly closing: AbortSignal;
}

/** Variables that middleware sets for the routes behind it. */
export interface GatewayVariables {
  /** Set by `requireScope`. */
  identity: Identity;
  /** Finds out who sent the request. @throws ProblemError 401 without a valid token; 429 above the token's rate */
  authenticate: () => Promise<Identity>;
}

/** The environment of the gateway's routes. */
export interface GatewayEnv {
  readonly Variables: GatewayVariables;
}
