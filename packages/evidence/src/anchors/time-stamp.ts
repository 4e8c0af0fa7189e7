import { sameBytes } from "../support/bytes.js";
import { childrenOf, DER, type DerValue, decodeDer, encodeDer } from "./der.js";

/** 2.16.840.1.101.3.4.2.1 */
const SHA256 = encodeDer(DER.oid, Buffer.from("608648016503040201", "hex"));
/** 1.2.840.113549.1.7.2 */
const SIGNED_DATA = encodeDer(DER.oid, Buffer.from("2a864886f70d010702", "hex"));
/** 1.2.840.113549.1.9.16.1.4 */
const TST_INFO = encodeDer(DER.oid, Buffer.from("2a864886f70d0109100104", "hex"));

/**
 * A request for a time stamp (RFC 3161, 2.4.1), with the certificates that signed it.
 * @param digest SHA-256 of what is stamped
 * @param nonce random bytes, so that an old answer cannot be given again
 */
export function timeStampRequest(digest: Uint8Array, nonce: Uint8Array): Uint8Array {
  const algorithm = encodeDer(DER.sequence, SHA256, encodeDer(DER.null));
  return encodeDer(
    DER.sequence,
    encodeDer(DER.integer, Uint8Array.of(1)),
    encodeDer(DER.sequence, algorithm, encodeDer(DER.octetString, digest)),
    encodeDer(DER.integer, integerOf(nonce)),
    encodeDer(DER.boolean, Uint8Array.of(0xff)),
  );
}

/** Positive, and without needless zeros. */
function integerOf(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first === -1 ? Uint8Array.of(0) : bytes.subarray(first);
  return (digits[0] as number) < 0x80 ? digits : Buffer.concat([Uint8Array.of(0), digits]);
}

/** What an authority answers. */
export type TimeStampAnswer =
  | {
      /** The token, a CMS structure, as it came. */
      readonly token: Uint8Array;
      readonly at: Date;
    }
  | {
      /** Why it gave none, as the rest of a sentence. */
      readonly problem: string;
    };

/**
 * Reads an answer (RFC 3161, 2.4.2), and compares it with the request. Whether the authority signed it, only its certificates say:
 * `openssl ts -verify`.
 */
export function readTimeStamp(answer: Uint8Array, digest: Uint8Array, nonce: Uint8Array): TimeStampAnswer {
  const [response, ...rest] = decodeDer(answer) ?? [];
  const [info, token] = childrenOf(response, DER.sequence) ?? [];
  const [status] = childrenOf(info, DER.sequence) ?? [];
  if (rest.length > 0 || status?.tag !== DER.integer) return { problem: "is no time-stamp response" };
  const code = status.content[0];
  if (status.content.length !== 1 || code === undefined || code > 1) return { problem: `refuses, with status ${code}` };
  const parts = partsOf(token);
  if (token === undefined || parts === undefined) return { problem: "has no time-stamp token" };
  const [, , imprint, , time, ...others] = parts;
  const [algorithm, hashed] = childrenOf(imprint, DER.sequence) ?? [];
  const [oid] = childrenOf(algorithm, DER.sequence) ?? [];
  if (
    oid === undefined ||
    !sameBytes(oid.bytes, SHA256) ||
    hashed === undefined ||
    !sameBytes(hashed.content, digest)
  ) {
    return { problem: "is for something else than what was sent" };
  }
  const wanted = encodeDer(DER.integer, integerOf(nonce));
  if (!others.some(({ bytes }) => sameBytes(bytes, wanted))) return { problem: "is not for this request" };
  const at = timeOf(time);
  return at === undefined ? { problem: "has no time" } : { token: token.bytes, at };
}

/** The members of TSTInfo in a token: version, policy, imprint, serial number, time, and what may follow. */
function partsOf(token: DerValue | undefined): DerValue[] | undefined {
  const [type, wrapped] = childrenOf(token, DER.sequence) ?? [];
  if (type === undefined || !sameBytes(type.bytes, SIGNED_DATA)) return undefined;
  const [signed] = childrenOf(wrapped, DER.context0) ?? [];
  const [, , content] = childrenOf(signed, DER.sequence) ?? [];
  const [kind, boxed] = childrenOf(content, DER.sequence) ?? [];
  if (kind === undefined || !sameBytes(kind.bytes, TST_INFO)) return undefined;
  const [octets] = childrenOf(boxed, DER.context0) ?? [];
  const [info] = octets?.tag === DER.octetString ? (decodeDer(octets.content) ?? []) : [];
  return childrenOf(info, DER.sequence);
}

const TIME = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{1,9}))?Z$/;

function timeOf(value: DerValue | undefined): Date | undefined {
  if (value?.tag !== DER.generalizedTime) return undefined;
  const [, year, month, day, hour, minute, second, fraction = ""] =
    TIME.exec(Buffer.from(value.content).toString("latin1")) ?? [];
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, "0").slice(0, 3)}Z`);
  return Number.isNaN(at.getTime()) ? undefined : at;
}
