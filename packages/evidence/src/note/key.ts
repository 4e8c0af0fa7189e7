import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  randomBytes,
  sign as signWith,
  verify as verifyWith,
} from "node:crypto";
import { describeShape, invalidArgument } from "@agent-assembly/storage-core/backend";
import { fromBase64, toBase64 } from "../support/bytes.js";
import { sha256 } from "../tree/hash.js";

/** The signature type of Ed25519, the only one whose keys are read here. */
const ED25519 = 0x01;
const KEY_BYTES = 32;
/** PKCS #8 of an Ed25519 private key, without the 32 bytes of the key at its end. */
const PRIVATE_KEY_HEADER = Buffer.from("302e020100300506032b657004220420", "hex");

/** Verifies the signatures of one key. Other signature types can be brought by an object of this shape. */
export interface NoteVerifier {
  readonly name: string;
  /** With the name, what a signature says its key is; from 0 to 2^32 - 1. */
  readonly id: number;
  verify(text: Uint8Array, signature: Uint8Array): boolean;
}

/** Signs notes with one key, which may be elsewhere. */
export interface NoteSigner {
  readonly name: string;
  /** From 0 to 2^32 - 1. */
  readonly id: number;
  sign(text: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

/** A signer whose private key is in this process. */
export interface KeyPairSigner extends NoteSigner {
  /** The text of the public key, for those who verify; see {@link parseVerifierKey}. */
  readonly verifierKey: string;
}

/** The lines of a note and the texts of keys are split at spaces and pluses. */
export function isKeyName(name: string): boolean {
  return name !== "" && !/[\p{White_Space}+]/u.test(name);
}

/** Why a log of ours cannot have the name, or `undefined` where it can: stricter than {@link isKeyName}, since it is shown. */
export function keyNameProblem(name: unknown): string | undefined {
  if (typeof name !== "string") return `must be a string, got ${describeShape(name)}`;
  if (name === "") return "must not be empty";
  if (!isKeyName(name) || /\p{Cc}/u.test(name)) return "must not contain spaces, control characters or +";
  return name.isWellFormed() ? undefined : "must not contain lone surrogates";
}

/**
 * Reads a verifier key (vkey) of Ed25519: `name+id+key`, the id as eight hexadecimal digits, the key as Base64 of 0x01 and the
 * public key.
 * @throws `invalid_argument` for another form, another signature type, or an id that is not of this name and key
 */
export function parseVerifierKey(vkey: string): NoteVerifier {
  const { name, id, key } = parseKey(vkey, ED25519);
  const publicKey = publicKeyOf(key);
  return { name, id, verify: (text, signature) => verifyWith(null, text, publicKey, signature) };
}

/**
 * Reads a verifier key of a signature type whose keys are those of Ed25519.
 * @throws `invalid_argument` as {@link parseVerifierKey}
 */
export function parseKey(vkey: string, type: number): { name: string; id: number; key: Uint8Array } {
  const parsed = parseKeyText("vkey", vkey, type);
  if (parsed.id === keyId(parsed.name, parsed.key, type)) return parsed;
  throw invalidArgument("vkey", "has an id that is not of its name and key");
}

/**
 * Reads a private key in the format of Go's package `note`: `PRIVATE+KEY+name+id+key`, the key as Base64 of 0x01 and the seed of
 * 32 bytes. The signer shows nothing of the key.
 * @throws `invalid_argument` for another form, another signature type, or an id that is not of this name and key
 */
export function parseSignerKey(text: string): KeyPairSigner {
  const prefix = "PRIVATE+KEY+";
  if (typeof text !== "string" || !text.startsWith(prefix)) {
    throw invalidArgument("key", `must be a private key that begins with ${prefix}, got ${describeShape(text)}`);
  }
  const { name, id, key } = parseKeyText("key", text.slice(prefix.length));
  const signer = signerOf(name, key);
  if (id !== signer.id) throw invalidArgument("key", "has an id that is not of its name and key");
  return signer;
}

/**
 * Makes a new key.
 * @param name of the log, such as `example.com/audit`: no spaces, no `+`
 * @returns `signerKey` is the secret, for {@link parseSignerKey}; `verifierKey` is public, for {@link parseVerifierKey}
 * @throws `invalid_argument`
 */
export function generateSignerKey(name: string): { readonly signerKey: string; readonly verifierKey: string } {
  const problem = keyNameProblem(name);
  if (problem !== undefined) throw invalidArgument("name", problem);
  const seed = randomBytes(KEY_BYTES);
  const { id, verifierKey } = signerOf(name, seed);
  return { signerKey: `PRIVATE+KEY+${keyText(name, id, seed)}`, verifierKey };
}

/** The id of a key as C2SP recommends it: the first four bytes of SHA-256(name ‖ 0x0a ‖ 0x01 ‖ public key), big-endian. */
function keyId(name: string, publicKey: Uint8Array, type = ED25519): number {
  const digest = sha256(Buffer.concat([Buffer.from(`${name}\n`), Buffer.from([type]), publicKey]));
  return Buffer.from(digest).readUInt32BE(0);
}

function keyText(name: string, id: number, key: Uint8Array): string {
  return `${name}+${idText(id)}+${toBase64(Buffer.concat([Buffer.from([ED25519]), key]))}`;
}

/** An id as keys and messages have it: eight hexadecimal digits. */
export function idText(id: number): string {
  return id.toString(16).padStart(8, "0");
}

function parseKeyText(what: string, text: unknown, type = ED25519): { name: string; id: number; key: Uint8Array } {
  const [, name, digits, encoded] = (typeof text === "string" && /^([^+]+)\+([0-9a-f]{8})\+(.+)$/s.exec(text)) || [];
  const bytes = encoded === undefined ? undefined : fromBase64(encoded);
  if (keyNameProblem(name) !== undefined || digits === undefined || bytes === undefined) {
    const form = what === "vkey" ? "NAME+ID+KEY" : "PRIVATE+KEY+NAME+ID+KEY";
    throw invalidArgument(
      what,
      `must be ${form}, the id as 8 hexadecimal digits and the key as Base64, got ${describeShape(text)}`,
    );
  }
  if (bytes[0] !== type || bytes.length !== 1 + KEY_BYTES) {
    throw invalidArgument(what, `must be a key of Ed25519 (type 0x0${type}, 32 bytes), and is another`);
  }
  return { name: name as string, id: Number.parseInt(digits, 16), key: bytes.subarray(1) };
}

export function publicKeyOf(key: Uint8Array): KeyObject {
  const x = Buffer.from(key).toString("base64url");
  return createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x }, format: "jwk" });
}

function signerOf(name: string, seed: Uint8Array): KeyPairSigner {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PRIVATE_KEY_HEADER, seed]),
    format: "der",
    type: "pkcs8",
  });
  const { x = "" } = createPublicKey(privateKey).export({ format: "jwk" });
  const publicKey = Buffer.from(x, "base64url");
  const id = keyId(name, publicKey);
  return {
    name,
    id,
    verifierKey: keyText(name, id, publicKey),
    sign: (text) => signWith(null, text, privateKey),
  };
}
