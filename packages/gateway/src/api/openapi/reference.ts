import { z } from "zod";
import { API_PREFIX } from "../routing/mount.js";
import type { Route } from "../routing/route.js";
import { eventFilterQuery } from "../schemas/events.js";
import { ROUTES } from "../table.js";
import { TAGS } from "./document.js";
import { SchemaCollector } from "./json-schema.js";

const INTRODUCTION = `# REST API

<!-- Made by "pnpm --filter @agent-assembly/gateway openapi" from the table of routes. Change the table instead. -->

The API of a gateway, as \`aasm serve\` runs it. \`GET ${API_PREFIX}/openapi.json\` has all shapes (OpenAPI 3.1); it needs no token. The
same document is in the package, as \`@agent-assembly/gateway/openapi.json\`.

- **Tokens**: \`Authorization: Bearer TOKEN\` or \`x-api-key: TOKEN\`. Each route names the scopes of which it needs one.
- **Teams**: a token that is bound to a team reads and writes only events, agents and approvals of this team. Routes that concern all
  teams refuse it with 403.
- **Lists**: \`{ "items": [...], "next": "..." }\`. Pass \`next\` back as \`cursor\`, with the same filter and order; without \`next\` it was the
  last page. A parameter with several values is repeated: \`agentId=a&agentId=b\`. An unknown parameter is an error.
- **Times**: ISO 8601 with a zone. Answers are in UTC with milliseconds.
- **Errors**: \`application/problem+json\` with \`code\` (a closed list, for programs), \`detail\` (for people), \`retryable\`, and \`option\` and
  \`remedy\` where there are some. No text repeats a stored value.
- **Changes**: \`If-Match\` binds a change to the revision or version that was seen; another one is answered with 412 and \`current\`. The
  name of the token is recorded as the actor.
`;

/** The reference of the API in Markdown. */
export function apiReference(): string {
  return [
    INTRODUCTION,
    ...Object.entries(TAGS).map(([tag, description]) => section(tag, description)),
    filterSection(),
  ].join("\n");
}

function section(tag: string, description: string): string {
  const routes = ROUTES.filter((route) => route.tag === tag);
  const title = `${tag.charAt(0).toUpperCase()}${tag.slice(1)}`;
  const table = ["| Route | Scope | |", "|---|---|---|", ...routes.map(row)].join("\n");
  return `## ${title}\n\n${description}\n\n${table}\n\n${routes.map(details).filter(Boolean).join("\n")}`;
}

function row({ method, path, scopes, summary }: Route): string {
  return `| \`${method} ${API_PREFIX}${path}\` | ${scopes === "any" ? "any" : scopes.join(" or ")} | ${summary} |`;
}

/** What a table has no room for; empty where there is nothing more to say. */
function details(route: Route): string {
  const { method, path, description, query, body, ifMatch, errors = {} } = route;
  const lines = [
    ...(query === undefined ? [] : parameters(query)),
    ...(body === undefined ? [] : [`- Body: \`${JSON.stringify(body.example)}\``]),
    ...(ifMatch === undefined ? [] : [`- \`If-Match\`: ${ifMatch}`]),
    ...Object.entries(errors).map(([status, text]) => `- ${status}: ${text}`),
  ];
  if (lines.length === 0 && description === undefined) return "";
  const about = description === undefined ? "" : `${description}\n\n`;
  return `### ${method} ${path}\n\n${about}${lines.join("\n")}${lines.length === 0 ? "" : "\n"}`;
}

const FILTER: ReadonlySet<string> = new Set(Object.keys(eventFilterQuery));

function parameters(query: NonNullable<Route["query"]>): string[] {
  const filters = [...FILTER].every((name) => name in query.shape);
  return [
    ...(filters ? ["- The [filter of events](#filter-of-events)"] : []),
    ...lines(query, (name) => !filters || !FILTER.has(name)),
  ];
}

function lines(query: NonNullable<Route["query"]>, isShown: (name: string) => boolean): string[] {
  const { properties = {}, required = [] } = new SchemaCollector().add(query, "input") as {
    properties?: Readonly<Record<string, { description?: string; enum?: readonly string[] }>>;
    required?: readonly string[];
  };
  return Object.entries(properties).flatMap(([name, { description, enum: values }]) => {
    if (!isShown(name)) return [];
    const choices = values === undefined ? "" : ` (${values.join(", ")})`;
    const text = description === undefined ? "" : `: ${description}`;
    return [`- \`${name}\`${required.includes(name) ? ", required" : ""}${choices}${text}`];
  });
}

function filterSection(): string {
  const all = lines(z.strictObject(eventFilterQuery), () => true);
  return `## Filter of events\n\nParameters of routes that select events. All that are given must hold.\n\n${all.join("\n")}\n`;
}
