import { createHash } from "node:crypto";
import { invalidArgument } from "../errors.js";
import { canonicalJson } from "../support/canonical-json.js";
import { type JsonValue, jsonProblem } from "../support/json.js";

/**
 * What an approval is bound to: SHA-256 of the request's RFC 8785 canonical JSON, lower-case hex. The order of members
 * makes no difference, everything else does.
 * @throws `invalid_argument` for what JSON cannot say
 */
export function requestDigest(request: JsonValue): string {
  const problem = jsonProblem(request);
  if (problem !== undefined) throw invalidArgument("request", problem);
  return digestOfText(canonicalJson(request));
}

/** @param text canonical JSON */
export function digestOfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
