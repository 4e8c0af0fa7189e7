import { API_TOKEN_SCOPES, type ErrorLocation, isStorageError, StorageError } from "@agent-assembly/storage-core";
import { errorInit } from "@agent-assembly/storage-core/backend";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { PayloadReads } from "../../access/payload-reads.js";
import { requireScope } from "../../access/require-scope.js";
import type { GatewayContext, GatewayEnv } from "../../context.js";
import { problem } from "../../http/problem.js";
import { checkMediaType, readBody } from "./body.js";
import { parseIfMatch } from "./if-match.js";
import { ParameterReader } from "./query.js";
import type { ApiRequest, Route } from "./route.js";
import { refuseTeamToken } from "./team.js";

/** Where the API is served. */
export const API_PREFIX = "/api/v1";

/** Serves the routes of a table, and says of other paths and methods below the prefix what is wrong. */
export function mountRoutes(routes: readonly Route[], context: GatewayContext): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>();
  for (const route of routes) {
    const answer = serve(route, context);
    app.on(route.method, honoPath(route.path), scopeOf(route), async (c) => {
      try {
        const response = await answer(c);
        // Only its headers are sent: a stream would wait for a reader for ever.
        if (c.req.method === "HEAD") await response.body?.cancel();
        return response;
      } catch (error) {
        if (isAbort(error) && (c.req.raw.signal.aborted || context.closing.aborted)) throw ended();
        throw inWordsOfTheApi(error);
      }
    });
  }
  const methods = methodsByPath(routes);
  for (const [path, allowed] of methods) {
    app.all(honoPath(path), () => {
      throw problem("method_not_allowed", `this path is served for ${allowed.join(", ")}`, {
        headers: { allow: allowed.join(", ") },
      });
    });
  }
  return app;
}

function scopeOf({ scopes }: Route): MiddlewareHandler<GatewayEnv> {
  return scopes === "any" ? requireScope(...API_TOKEN_SCOPES) : requireScope(...scopes);
}

function serve(route: Route, context: GatewayContext): (c: Context<GatewayEnv>) => Promise<Response> {
  const params = route.params === undefined ? undefined : new ParameterReader(route.params, "path");
  const query = route.query === undefined ? undefined : new ParameterReader(route.query, "query");
  const { body } = route;
  const name = `${route.method} ${API_PREFIX}${route.path}`;
  return async (c) => {
    const { identity } = c.var;
    if (route.team === "refused") refuseTeamToken(identity);
    const request = c.req.raw;
    const { headers, signal } = request;
    const known = {
      context,
      identity,
      reads: context.accessAudit ? new PayloadReads(context, identity, name) : undefined,
      params: params?.read(Object.entries(c.req.param() as Record<string, string>)),
      query: readQuery(query, request),
      ifMatch: route.ifMatch === undefined ? undefined : parseIfMatch(headers),
      headers,
      signal,
    };
    const handle = (value: unknown): Promise<Response> =>
      route.handle({ ...known, body: value } as unknown as ApiRequest<never, never, never>);
    if (body === undefined) return handle(undefined);
    checkMediaType(body, headers);
    return context.bodies.use(request, (bytes) => handle(readBody(body, bytes, headers)), body.maxBytes);
  };
}

function readQuery(reader: ParameterReader<NonNullable<Route["query"]>> | undefined, { url }: Request): unknown {
  const { searchParams } = new URL(url);
  if (reader !== undefined) return reader.read(searchParams);
  if (searchParams.size === 0) return {};
  throw problem("invalid_argument", "this route takes no query");
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

/** No failure of the server: the client went away, or the gateway closes. */
function ended(): Error {
  return problem("closed", "the request was ended before it was answered", { retryable: true });
}

function methodsByPath(routes: readonly Route[]): Map<Route["path"], string[]> {
  const methods = new Map<Route["path"], string[]>();
  for (const { path, method } of routes) methods.set(path, [...(methods.get(path) ?? []), method]);
  return methods;
}

/** Parameters in braces become those of the router; a last one may hold slashes. */
function honoPath(path: string): string {
  return `${API_PREFIX}${path.replaceAll(/\{(\w+)\}/g, ":$1").replace(":path", ":path{.+}")}`;
}

/** Arguments of the store's methods, which the API has under other names. */
const ARGUMENT = /^(?:filter|page|options|request|query|bucket|agent|changes|document|policy|approval|hold|release)\./;

/** The same error about the parameter or member that the client sent, with the line of it where there is one. */
function inWordsOfTheApi(error: unknown): unknown {
  if (!isStorageError(error) || error.option === undefined) return error;
  const { message, ...init } = errorInit(error);
  return new StorageError({
    ...init,
    message: `${lineText(error.location)}${message}`,
    option: error.option.replace(ARGUMENT, ""),
  });
}

/** Of a text that was sent; a place would be one of the server. */
function lineText(location: ErrorLocation | undefined): string {
  if (location?.line === undefined || location.place !== undefined) return "";
  return `line ${location.line}${location.column === undefined ? "" : `, column ${location.column}`}: `;
}
