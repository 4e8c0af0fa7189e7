import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { junk, oddNumber, oddText } from "./junk.js";
import { type Changes, changed, changes } from "./mutate.js";

/** A request as it is made up. */
export interface HttpInput {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | undefined;
}

interface Parameter {
  readonly name: string;
  readonly in: "path" | "query" | "header";
  readonly schema: { readonly type?: string; readonly enum?: readonly string[]; readonly format?: string };
}

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly parameters: readonly Parameter[];
  readonly example: unknown;
}

/** What the description of the API says of its routes. */
function operations(): Operation[] {
  const file = fileURLToPath(import.meta.resolve("@agent-assembly/gateway/openapi.json"));
  const { paths } = JSON.parse(readFileSync(file, "utf8")) as { paths: Record<string, Record<string, never>> };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const { parameters = [], requestBody } = operation as {
        parameters?: Parameter[];
        requestBody?: { content: Record<string, { example?: unknown }> };
      };
      const example = requestBody?.content["application/json"]?.example;
      return { method: method.toUpperCase(), path, parameters, example };
    }),
  );
}

const TIMES = ["2026-11-30T12:00:00Z", "2026-11-30T12:00:00.000Z", "9999-12-31T23:59:59.999Z", "0001-01-01T00:00:00Z"];
const KNOWN = ["bot", "support-bot", "tools", "1", "0/000", "0/001.p/3", "019ad4c2-7f00-7000-8000-000000000001"];

const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...KNOWN, ...TIMES, "agentId", "1h", "tool_call") },
  { weight: 1, arbitrary: oddText },
);

function textFor({ schema: { type, enum: choices, format } }: Parameter): fc.Arbitrary<string> {
  const valid =
    choices !== undefined
      ? fc.constantFrom(...choices)
      : type === "integer"
        ? fc.integer({ min: 0, max: 1000 }).map(String)
        : type === "boolean"
          ? fc.constantFrom("true", "false")
          : format === "date-time"
            ? fc.constantFrom(...TIMES)
            : text;
  return fc.oneof(
    { weight: 6, arbitrary: valid },
    { weight: 1, arbitrary: oddText },
    { weight: 1, arbitrary: oddNumber.map(String) },
  );
}

/** The parameters of a query, some of them given twice, and perhaps one that is none. */
function queryOf(parameters: readonly Parameter[]): fc.Arbitrary<string> {
  const known = parameters.filter((one) => one.in === "query");
  if (known.length === 0) return fc.oneof({ weight: 9, arbitrary: fc.constant("") }, { weight: 1, arbitrary: oddText });
  const pair = fc
    .constantFrom(...known)
    .chain((one) => textFor(one).map((value): [string, string] => [one.name, value]));
  const other = fc.tuple(oddText, oddText);
  return fc
    .array(fc.oneof({ weight: 20, arbitrary: pair }, { weight: 1, arbitrary: other }), { maxLength: 6 })
    .map((pairs) =>
      new URLSearchParams(
        pairs.map(([name, value]): [string, string] => [name.toWellFormed(), value.toWellFormed()]),
      ).toString(),
    );
}

/** A part of a path; a percent sign that begins no escape is left to the gateway, too. */
function stepOf(value: string): string {
  return value.isWellFormed() ? encodeURIComponent(value) : "%ED%A0%80";
}

function pathOf({ path, parameters }: Operation): fc.Arbitrary<string> {
  const named = parameters.filter((one) => one.in === "path");
  const steps = fc.tuple(...named.map((one) => textFor(one)));
  const filled = steps.map((values) =>
    named.reduce((whole, { name }, at) => whole.replace(`{${name}}`, () => stepOf(String(values[at]))), path),
  );
  return fc.tuple(filled, queryOf(parameters)).map(([before, query]) => (query === "" ? before : `${before}?${query}`));
}

type BodyKind =
  | { readonly kind: "none" }
  | { readonly kind: "example" }
  | { readonly kind: "member"; readonly at: number; readonly value: unknown }
  | { readonly kind: "bytes"; readonly changes: Changes }
  | { readonly kind: "junk"; readonly value: unknown };

const bodyKind: fc.Arbitrary<BodyKind> = fc.oneof(
  fc.record({ kind: fc.constant("none" as const) }),
  fc.record({ kind: fc.constant("example" as const) }),
  fc.record({
    kind: fc.constant("member" as const),
    at: fc.nat({ max: 20 }),
    value: fc.oneof(fc.jsonValue({ maxDepth: 3 }), junk),
  }),
  fc.record({ kind: fc.constant("bytes" as const), changes }),
  fc.record({ kind: fc.constant("junk" as const), value: fc.jsonValue({ maxDepth: 5 }) }),
);

/** JSON of what JSON can say of a value. */
function jsonOf(value: unknown): string {
  return JSON.stringify(value, (_, member) => (typeof member === "bigint" ? String(member) : member)) ?? "null";
}

function bodyOf(example: unknown, body: BodyKind): Uint8Array | undefined {
  switch (body.kind) {
    case "none":
      return undefined;
    case "example":
      return Buffer.from(jsonOf(example ?? {}));
    case "member":
      return Buffer.from(jsonOf(withMember(example, body.at, body.value)));
    case "bytes":
      return changed(Buffer.from(jsonOf(example ?? {})), body.changes);
    case "junk":
      return Buffer.from(jsonOf(body.value));
  }
}

function withMember(example: unknown, at: number, value: unknown): unknown {
  const inner = Array.isArray(example) ? example[0] : example;
  if (typeof inner !== "object" || inner === null) return value;
  const names = Object.keys(inner);
  const name = names[at % (names.length + 1)] ?? "unknown";
  const changedOne = { ...inner, [name]: value };
  return Array.isArray(example) ? [changedOne, inner] : changedOne;
}

const headers = fc
  .record(
    {
      "content-type": fc.oneof(
        { weight: 6, arbitrary: fc.constant("application/json") },
        { weight: 2, arbitrary: fc.constant("application/x-ndjson") },
        { weight: 1, arbitrary: fc.constantFrom("text/plain", "application/json; charset=utf-16", ";", "") },
      ),
      "if-match": fc.constantFrom('"1"', '"0"', "*", "1", 'W/"1"', '"-1"', '"1", "2"', "\u00ff"),
      "last-event-id": fc.oneof(fc.constantFrom("abc", "AAAA", ""), fc.base64String({ maxLength: 80 })),
      "content-encoding": fc.constantFrom("gzip", "identity", "deflate", "br", "x"),
    },
    { requiredKeys: ["content-type"] },
  )
  .map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));

/** Requests for every route of the API, and for paths that there are not. */
export function httpInputs(): fc.Arbitrary<HttpInput> {
  const all = operations();
  const known = fc.constantFrom(...all).chain((operation) =>
    fc
      .record({
        path: pathOf(operation),
        method: fc.oneof(
          { weight: 15, arbitrary: fc.constant(operation.method) },
          { weight: 1, arbitrary: fc.constantFrom("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD") },
        ),
        headers,
        body: bodyKind,
      })
      .map(({ body, ...rest }) => ({ ...rest, body: bodyOf(operation.example, body) })),
  );
  const unknown = fc.record({
    method: fc.constantFrom("GET", "POST", "PUT", "DELETE"),
    path: fc.oneof(oddText.map(stepOf), fc.constantFrom("%", "%zz", "../", "//", ".")).map((path) => `/api/v1/${path}`),
    headers,
    body: fc.constant(undefined),
  });
  return fc.oneof({ weight: 20, arbitrary: known }, { weight: 1, arbitrary: unknown });
}
