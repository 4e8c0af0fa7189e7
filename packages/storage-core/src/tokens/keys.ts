import { createHmac, createSecretKey, type KeyObject, timingSafeEqual } from "node:crypto";
import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { textProblem } from "../support/text.js";

/** Shortest key, in characters: 32 hexadecimal digits are 128 bits. */
export const MIN_TOKEN_KEY_LENGTH = 32;
/** Most keys at a time: one in use, and earlier ones whose tokens are still out. */
const MAX_KEYS = 8;
/** In the place of a key, after the first one: tokens without a signature are accepted, too. */
const UNSIGNED = "unsigned";
/** 128 bits. */
export const SIGNATURE_BYTES = 16;

/** The checked form of `options.tokenKey`. */
export interface TokenKeys {
  /** Whether tokens without a signature are accepted. */
  readonly unsigned: boolean;
  sign(data: Buffer): Buffer;
  /** Whether one of the keys made the signature. */
  verify(data: Buffer, signature: Buffer): boolean;
}

/**
 * Checks `options.tokenKey`: a text of at least 32 characters, or up to 8 of which the first one signs and all verify.
 * `"unsigned"` after the first one accepts tokens without a signature, for the time in which keys are introduced.
 * @returns `undefined` without a key: tokens are not signed
 * @throws `invalid_argument`
 */
export function parseTokenKey(tokenKey: unknown): TokenKeys | undefined {
  if (tokenKey === undefined) return undefined;
  const given: unknown[] = Array.isArray(tokenKey) ? tokenKey : [tokenKey];
  if (given.length === 0 || given.length > MAX_KEYS) {
    throw invalidArgument(
      "options.tokenKey",
      `must be a text, or 1 to ${MAX_KEYS} texts, got ${describeShape(tokenKey)}`,
    );
  }
  const signed = given.filter((key, index) => index === 0 || key !== UNSIGNED);
  const keys = signed.map(parseKey);
  const [first] = keys as [KeyObject];
  return {
    unsigned: signed.length < given.length,
    sign: (data) => signatureOf(first, data),
    verify: (data, signature) =>
      signature.length === SIGNATURE_BYTES && keys.some((key) => timingSafeEqual(signatureOf(key, data), signature)),
  };
}

function parseKey(key: unknown): KeyObject {
  if (typeof key !== "string" || key.length < MIN_TOKEN_KEY_LENGTH || textProblem(key) !== undefined) {
    const wanted = `must be a text of ${MIN_TOKEN_KEY_LENGTH} to 512 characters`;
    throw invalidArgument(
      "options.tokenKey",
      `${wanted}, got ${describeShape(key)}`,
      "Make one with: openssl rand -hex 32",
    );
  }
  return createSecretKey(key, "utf8");
}

function signatureOf(key: KeyObject, data: Buffer): Buffer {
  return createHmac("sha256", key).update(DOMAIN).update(data).digest().subarray(0, SIGNATURE_BYTES);
}

/** Keeps signatures apart from what else the same secret may sign. */
const DOMAIN = "agent-assembly token\0";
