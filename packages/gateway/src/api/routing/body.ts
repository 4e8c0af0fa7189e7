import { type InexactPart, parseExactJson } from "@agent-assembly/storage-core/backend";
import type { z } from "zod";
import { problem } from "../../http/problem.js";
import { checked } from "./check.js";
import type { RouteBody } from "./route.js";

const JSON_TYPE = "application/json";
/** Of a body: the 200 levels that a payload may have, and those around it. The store refuses deeper payloads one by one. */
const MAX_DEPTH = 210;

/** The media type of a body, without parameters, in lower case. */
export function mediaTypeOf(headers: Headers): string {
  return (headers.get("content-type") ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** @throws ProblemError 415 unless the body is of a type that the route reads */
export function checkMediaType({ mediaTypes = [JSON_TYPE], optional }: RouteBody, headers: Headers): void {
  const type = mediaTypeOf(headers);
  if (mediaTypes.includes(type) || (optional === true && type === "")) return;
  throw problem("unsupported_media_type", "the Content-Type of the request is not one that this route reads", {
    remedy: `Send ${mediaTypes.join(" or ")}.`,
  });
}

/** @throws ProblemError 400 for a body that the route's schema refuses */
export function readBody<Body extends z.ZodType>(
  body: RouteBody<Body>,
  bytes: Uint8Array,
  headers: Headers,
): z.output<Body> {
  if (body.read !== undefined) return body.read(bytes, mediaTypeOf(headers));
  if (bytes.byteLength === 0 && body.optional === true) return checked(body.schema, {});
  return checked(body.schema, parseBody(bytes));
}

/** @throws ProblemError 400 for bytes that are not UTF-8, or no JSON, or JSON that no reader keeps as it is */
function parseBody(bytes: Uint8Array): unknown {
  const { value, inexact } = parseJsonText(decodeUtf8(bytes));
  const [first] = inexact;
  if (first !== undefined) throw problem("invalid_argument", `the body ${inexactText(first)}`);
  return value;
}

/** @throws ProblemError 400 for bytes that are not UTF-8 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw problem("invalid_argument", "the body is not UTF-8");
  }
}

/** @throws ProblemError 400 for a text that is no JSON */
export function parseJsonText(text: string): { readonly value: unknown; readonly inexact: readonly InexactPart[] } {
  const parsed = parseExactJson(text, MAX_DEPTH);
  if ("value" in parsed) return parsed;
  throw problem("invalid_argument", `the body is no JSON: ${parsed.problem}, at character ${parsed.offset + 1}`);
}

/** What is wrong with a part that readers of JSON would change, as the rest of a sentence. */
export function inexactText({ kind, pointer }: InexactPart): string {
  const place = pointer === "" ? "" : ` at ${pointer}`;
  return kind === "number"
    ? `has a number${place} with more digits than a double can hold; send it as a text`
    : `has an object${place} that names a member twice`;
}
