import { API_PREFIX } from "../routing/mount.js";
import type { Route, RouteAnswer } from "../routing/route.js";
import { problem } from "../schemas/common.js";
import { ROUTES } from "../table.js";
import { type JsonSchema, SchemaCollector } from "./json-schema.js";

/** Of the whole API, in the order in which they are shown. */
export const TAGS: Readonly<Record<string, string>> = {
  events: "The audit log: what agents did, and what was decided about it.",
  agents: "The registered agents.",
  policies: "Versioned policies, at most one version of each active.",
  approvals: "Requests that wait for the decision of an approver.",
  metrics: "Measurements, and counts of events as metrics.",
  retention: "How long data is kept, legal holds and archives.",
  evidence: "The log that seals events, so that changes show.",
  operations: "The gateway and its store; routes of its predecessor.",
};

const DESCRIPTION = [
  "REST API of a gateway over one store. Times are ISO 8601 in UTC. Lists are `{ items, next }`: pass `next` back as `cursor`.",
  "Errors are `application/problem+json`; programs decide by `code`. A token that is bound to a team reads and writes only what belongs to it.",
  "A repetition is harmless by the ids of what is sent, and changes can be bound to what was seen by `If-Match`.",
].join("\n\n");

let made: object | undefined;

/** The description of the API (OpenAPI 3.1), made from the table of routes. */
export function openApiDocument(): object {
  made ??= makeDocument();
  return made;
}

function makeDocument(): object {
  const schemas = new SchemaCollector();
  schemas.add(problem, "output");
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of ROUTES) {
    const path = `${API_PREFIX}${route.path}`;
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, schemas) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Agent Assembly gateway",
      version: "1",
      description: DESCRIPTION,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "The gateway that serves this document" }],
    security: [{ bearer: [] }, { apiKey: [] }, { cookie: [] }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        bearer: { type: "http", scheme: "bearer", description: "A token of the gateway" },
        apiKey: { type: "apiKey", in: "header", name: "x-api-key", description: "A token of the gateway" },
        cookie: { type: "apiKey", in: "cookie", name: "aasm_session", description: "The session of the dashboard" },
      },
      responses: Object.fromEntries(
        Object.entries(COMMON).map(([name, { description }]) => [name, { description, content: PROBLEM }]),
      ),
      schemas: schemas.named,
    },
  };
}

function operation(route: Route, schemas: SchemaCollector): object {
  const { id, tag, summary, description, scopes, body } = route;
  const scope = scopes === "any" ? "any token" : `scope ${scopes.join(" or ")}`;
  const team = route.team === "refused" ? " Not for tokens that are bound to a team." : "";
  const parameters = parametersOf(route, schemas);
  return {
    operationId: id,
    tags: [tag],
    summary,
    description: `${description === undefined ? "" : `${description}\n\n`}Needs ${scope}.${team}`,
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && {
      requestBody: {
        required: body.optional !== true,
        content: Object.fromEntries(
          (body.mediaTypes ?? ["application/json"]).map((type) => [type, requestContent(type, body, schemas)]),
        ),
      },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries(route.answers).map(([status, answer]) => [status, response(answer, schemas)]),
      ),
      ...problems(route),
    },
  };
}

function requestContent(type: string, body: NonNullable<Route["body"]>, schemas: SchemaCollector): object {
  if (type === "application/json") return { schema: schemas.add(body.schema, "input"), example: body.example };
  return { schema: { type: "string", description: "One JSON value on each line" } };
}

function parametersOf({ params, query, ifMatch, headers = {} }: Route, schemas: SchemaCollector): object[] {
  const stringHeader = (name: string, description: string): object => ({
    name,
    in: "header",
    required: false,
    description,
    schema: { type: "string" },
  });
  return [
    ...(params === undefined ? [] : members(schemas.add(params, "input"), "path")),
    ...(query === undefined ? [] : members(schemas.add(query, "input"), "query")),
    ...(ifMatch === undefined ? [] : [stringHeader("If-Match", `${ifMatch}, in quotes; 412 when it is another one`)]),
    ...Object.entries(headers).map(([name, description]) => stringHeader(name, description)),
  ];
}

function members(schema: JsonSchema, place: "path" | "query"): object[] {
  const { properties = {}, required = [] } = schema as {
    properties?: Readonly<Record<string, JsonSchema>>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    ...(description !== undefined && { description }),
    schema: rest,
  }));
}

function response(
  { description, schema, mediaTypes = ["application/json"], headers }: RouteAnswer,
  schemas: SchemaCollector,
) {
  const content = schema === undefined ? { type: "string" } : schemas.add(schema, "output");
  const hasBody = schema !== undefined || mediaTypes[0] !== "application/json";
  return {
    description,
    ...(headers !== undefined && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [name, { description: text, schema: { type: "string" } }]),
      ),
    }),
    ...(hasBody && { content: Object.fromEntries(mediaTypes.map((type) => [type, { schema: content }])) }),
  };
}

/** Errors that many routes have, by name. */
const COMMON: Readonly<Record<string, { readonly status: number; readonly description: string }>> = {
  Invalid: { status: 400, description: "A parameter or the body is not valid; `option` names it" },
  Unauthenticated: { status: 401, description: "No valid token" },
  Forbidden: { status: 403, description: "The token lacks the scope, or is bound to another team" },
  TooLarge: { status: 413, description: "The body is too large" },
  UnsupportedMediaType: { status: 415, description: "The body is of another media type" },
  TooManyRequests: { status: 429, description: "Too many requests; `Retry-After` says when to repeat" },
  Unavailable: {
    status: 503,
    description: "The store is busy or cannot be reached; `Retry-After` says when to repeat",
  },
};

const PROBLEM = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };

/** Errors that follow from what a route takes, and those of its own. */
function problems({ params, query, body, errors = {} }: Route): object {
  const takes = params !== undefined || query !== undefined || body !== undefined;
  const names = [
    ...(takes ? ["Invalid"] : []),
    "Unauthenticated",
    "Forbidden",
    ...(body === undefined ? [] : ["TooLarge", "UnsupportedMediaType"]),
    "TooManyRequests",
    "Unavailable",
  ];
  return {
    ...Object.fromEntries(names.map((name) => [COMMON[name]?.status, { $ref: `#/components/responses/${name}` }])),
    ...Object.fromEntries(
      Object.entries(errors).map(([status, description]) => [status, { description, content: PROBLEM }]),
    ),
  };
}
