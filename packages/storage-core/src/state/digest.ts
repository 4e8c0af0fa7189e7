import { createHash } from "node:crypto";
import { invalidArgument } from "../errors.js";
import { canonicalJson } from "../support/canonical-json.js";
import { checkJson, type JsonValue, MUCH_TOO_LARGE } from "../support/json.js";
import { tooLarge } from "../support/request-limits.js";

/** UTF-8 bytes of a request as canonical JSON. */
export const MAX_REQUEST_BYTES = 256 * 1024;

/**
 * What an approval is bound to: SHA-256 of the request's RFC 8785 canonical JSON, lower-case hex. The order of members
 * makes no difference, everything else does.
 * @throws `invalid_argument` for what JSON cannot say; `too_large` for far more than a request may take
 */
export function requestDigest(request: JsonValue): string {
  return digestOfText(requestText("request", request));
}

/** A request as canonical JSON. @throws as {@link requestDigest} */
export function requestText(option: string, request: unknown): string {
  const problem = checkJson(request, MAX_REQUEST_BYTES);
  if (problem === MUCH_TOO_LARGE) {
    throw tooLarge(option, `takes several times the accepted ${MAX_REQUEST_BYTES} bytes as JSON`);
  }
  if (problem !== undefined) throw invalidArgument(option, problem);
  return canonicalJson(request as JsonValue);
}

/** @param text canonical JSON */
export function digestOfText(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
