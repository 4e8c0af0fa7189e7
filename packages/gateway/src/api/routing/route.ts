import type { z } from "zod";
import type { PayloadReads } from "../../access/payload-reads.js";
import type { GatewayContext, Identity, Scope } from "../../context.js";

/** Whom a route serves whose token is bound to a team. */
export type TeamRule =
  /** The route limits what it reads and writes to the team. */
  | "own"
  /** What the route serves belongs to no team, and may be read by all. */
  | "shared"
  /** What the route serves or changes concerns all teams: such tokens are refused. */
  | "refused";

/** One answer of a route, for readers of the API's description. */
export interface RouteAnswer {
  readonly description: string;
  /** Of a JSON body; absent where there is none, or another media type. */
  readonly schema?: z.ZodType;
  /** @default `["application/json"]` */
  readonly mediaTypes?: readonly string[];
  /** Headers that the answer has, with what they hold. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** The body that a route takes. */
export interface RouteBody<Body extends z.ZodType = z.ZodType> {
  readonly schema: Body;
  /** Of the schema; shown in the API's description. */
  readonly example: unknown;
  /** Whether a request without a body stands for `{}`; default false. */
  readonly optional?: boolean;
  /** Most bytes; default the gateway's. */
  readonly maxBytes?: number;
  /**
   * Reads the bytes itself instead of the schema, which then only describes them.
   * @throws ProblemError
   */
  readonly read?: (bytes: Uint8Array, mediaType: string) => z.output<Body>;
  /** @default `["application/json"]` */
  readonly mediaTypes?: readonly string[];
}

/** One request, after everything about it was checked. */
export interface ApiRequest<Params = unknown, Query = unknown, Body = unknown> {
  readonly context: GatewayContext;
  readonly identity: Identity;
  /** Records what is read of payloads; absent where reads are not recorded. */
  readonly reads: PayloadReads | undefined;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The number in `If-Match`; `undefined` without the header, or for `*`. */
  readonly ifMatch: number | undefined;
  readonly headers: Headers;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
}

/** What every route says of itself. */
interface RouteFacts {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Below `/api/v1`; parameters in braces. */
  readonly path: `/${string}`;
  /** Name of the operation in the API's description. */
  readonly id: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  /** Any of these; `any`: every valid token. */
  readonly scopes: readonly [Scope, ...Scope[]] | "any";
  readonly team: TeamRule;
  /** What `If-Match` is compared with; absent where the header has no meaning. */
  readonly ifMatch?: string;
  /** Other headers that the route reads. */
  readonly headers?: Readonly<Record<string, string>>;
  /** By status, without the errors that every route has. */
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** Errors that this route has besides those of all routes, by status. */
  readonly errors?: Readonly<Record<number, string>>;
}

/** A route with the types of what it takes. */
export interface TypedRoute<Params extends z.ZodObject, Query extends z.ZodObject, Body extends z.ZodType>
  extends RouteFacts {
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: RouteBody<Body>;
  handle(request: ApiRequest<z.output<Params>, z.output<Query>, z.output<Body>>): Promise<Response>;
}

/** One line of the table of routes. */
export interface Route extends RouteFacts {
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: RouteBody;
  handle(request: ApiRequest<never, never, never>): Promise<Response>;
}

/** A route whose handler is checked against its schemas. */
export function defineRoute<
  Params extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body extends z.ZodType = z.ZodUndefined,
>(route: TypedRoute<Params, Query, Body>): Route {
  return route as unknown as Route;
}
