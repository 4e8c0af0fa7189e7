import { hash, randomBytes, timingSafeEqual } from "node:crypto";

const ID_BYTES = 8;
const SECRET_BYTES = 32;
/** The id is in the text, so that a row is found by its key and the comparison is with one hash. */
const SECRET = /^aasm_([0-9a-f]{16})_[\w-]{43}$/;

/** Whether a text can be the id of a token. */
export function isTokenId(value: unknown): value is string {
  return typeof value === "string" && /^[0-9a-f]{16}$/.test(value);
}

/** A new secret, and the id in it. */
export function makeSecret(): { readonly tokenId: string; readonly secret: string } {
  const tokenId = randomBytes(ID_BYTES).toString("hex");
  return { tokenId, secret: `aasm_${tokenId}_${randomBytes(SECRET_BYTES).toString("base64url")}` };
}

/** The id in a secret; `undefined` for what is no secret. */
export function tokenIdOf(secret: unknown): string | undefined {
  return typeof secret === "string" ? SECRET.exec(secret)?.[1] : undefined;
}

/** What is stored of a secret: SHA-256 in hexadecimal. A secret of 256 random bits needs no slow hash. */
export function hashSecret(secret: string): string {
  return hash("sha256", secret);
}

/** Whether a secret has a stored hash, in a time that does not depend on where they differ. */
export function hasHash(secret: string, stored: string): boolean {
  const given = hash("sha256", secret, "buffer");
  const expected = Buffer.from(stored, "hex");
  return given.byteLength === expected.byteLength && timingSafeEqual(given, expected);
}
