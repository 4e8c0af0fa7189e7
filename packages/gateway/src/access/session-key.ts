import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from "node:crypto";
import { StorageError } from "@agent-assembly/storage-core";
import { describeShape } from "@agent-assembly/storage-core/backend";

const OPTION = "options.sessionKey";
const ALGORITHM = "aes-256-gcm";
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** 32 hexadecimal digits are 128 bits. */
const MIN_LENGTH = 32;
const MAX_LENGTH = 512;
const MAX_KEYS = 8;
/** Keeps what is sealed apart from what else the same secret may be for. */
const DOMAIN = "agent-assembly session/1";
/** Characters; what is sealed here is shorter. */
const MAX_SEALED = 4096;

/** Seals texts so that only who has the key can read or make them. */
export interface Seal {
  /** @param purpose what the text is for: it opens for nothing else */
  seal(purpose: string, text: string): string;
  /** @returns `undefined` for what none of the keys sealed for this purpose */
  open(purpose: string, sealed: string): string | undefined;
}

/**
 * @param sessionKey a text of at least 32 characters, or up to 8 of which the first seals and all open
 * @throws `invalid_argument`
 */
export function parseSessionKey(sessionKey: unknown): Seal {
  const given: unknown[] = Array.isArray(sessionKey) ? sessionKey : [sessionKey];
  if (given.length === 0 || given.length > MAX_KEYS) {
    throw refusal(`must be a text, or 1 to ${MAX_KEYS} texts, got ${describeShape(sessionKey)}`);
  }
  const keys = given.map(keyOf);
  return {
    seal(purpose, text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, keys[0] as Buffer, iv, { authTagLength: TAG_BYTES });
      cipher.setAAD(Buffer.from(purpose));
      const sealed = Buffer.concat([iv, cipher.update(text, "utf8"), cipher.final()]);
      return Buffer.concat([sealed, cipher.getAuthTag()]).toString("base64url");
    },
    open(purpose, sealed) {
      const bytes = sealed.length > MAX_SEALED ? Buffer.alloc(0) : Buffer.from(sealed, "base64url");
      if (bytes.byteLength < IV_BYTES + TAG_BYTES) return undefined;
      for (const key of keys) {
        const text = opened(key, purpose, bytes);
        if (text !== undefined) return text;
      }
      return undefined;
    },
  };
}

function opened(key: Buffer, purpose: string, bytes: Buffer): string | undefined {
  const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(purpose));
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  const text = decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES));
  try {
    return Buffer.concat([text, decipher.final()]).toString();
  } catch {
    // Another key sealed it, or it was changed: OpenSSL has one error for both.
    return undefined;
  }
}

function keyOf(key: unknown): Buffer {
  if (typeof key === "string" && key.length >= MIN_LENGTH && key.length <= MAX_LENGTH) {
    return Buffer.from(hkdfSync("sha256", key, "", DOMAIN, KEY_BYTES));
  }
  throw refusal(`must be a text of ${MIN_LENGTH} to ${MAX_LENGTH} characters, got ${describeShape(key)}`);
}

function refusal(problem: string): StorageError {
  return new StorageError({
    code: "invalid_argument",
    option: OPTION,
    message: `{option} ${problem}`,
    remedy: "Make one with: openssl rand -hex 32",
  });
}
