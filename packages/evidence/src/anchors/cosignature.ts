import { verify as verifyWith } from "node:crypto";
import { type NoteVerifier, parseKey, publicKeyOf } from "../note/key.js";

/** The signature type of cosignatures with Ed25519. */
const COSIGNATURE = 0x04;
const TIME_BYTES = 8;

/** Seconds since the epoch at which a witness gave a cosignature. @param signature without the key's id */
export function cosignedAt(signature: Uint8Array): Date | undefined {
  if (signature.length <= TIME_BYTES) return undefined;
  const seconds = Buffer.from(signature).readBigUInt64BE(0);
  const at = new Date(Number(seconds) * 1000);
  return Number.isNaN(at.getTime()) ? undefined : at;
}

/**
 * Reads a verifier key of a witness (C2SP tlog-cosignature, Ed25519, type 0x04): `name+id+key`. What it verifies are cosignatures of
 * checkpoints.
 * @throws `invalid_argument` for another form, another signature type, or an id that is not of this name and key
 */
export function parseWitnessKey(vkey: string): NoteVerifier {
  const { name, id, key } = parseKey(vkey, COSIGNATURE);
  const publicKey = publicKeyOf(key);
  return {
    name,
    id,
    verify(text, signature) {
      const at = cosignedAt(signature);
      if (at === undefined) return false;
      const head = `cosignature/v1\ntime ${Buffer.from(signature).readBigUInt64BE(0)}\n`;
      return verifyWith(null, Buffer.concat([Buffer.from(head), text]), publicKey, signature.subarray(TIME_BYTES));
    },
  };
}
