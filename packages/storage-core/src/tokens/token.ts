import { hash } from "node:crypto";
import { invalidArgument, StorageError } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { SIGNATURE_BYTES, type TokenKeys } from "./keys.js";
import { type TokenShape, tokenTuple, type ValuesOf } from "./shape.js";

/** Increased with every change of the format, or of the body of any kind. */
const VERSION = 1;
const SCOPE_BYTES = 16;
const HEADER_BYTES = 1 + SCOPE_BYTES;
/** Without a key, part of a digest: it finds damage, and does not stop forgers. */
const CHECK_BYTES = 8;

/** What a token is used for, which decides what errors say. */
export type TokenUse = keyof typeof USES;

const USES = {
  cursor: {
    option: "page.cursor",
    wanted: 'the "next" of an earlier page',
    elsewhere: "belongs to another filter or order",
    remedy: "Pass the same filter and order, or start without a cursor.",
  },
  after: {
    option: "options.after",
    wanted: 'the "position" of an item of an earlier tail',
    elsewhere: "is not a position in this kind of store",
    remedy: "Start without a position.",
  },
  asOf: {
    option: "options.asOf",
    wanted: 'the "asOf" of an earlier measure',
    elsewhere: "is not a position in this kind of store",
    remedy: "Measure the partition again.",
  },
} as const;

/** How a token is made and read. */
export interface TokenContext {
  /** What the token is only valid with, besides its kind: a filter and its order. @default nothing */
  readonly scope?: string | undefined;
  /** The store's keys. @default none: the token is not signed */
  readonly keys?: TokenKeys | undefined;
}

/**
 * One kind of text that the store gives out and takes back from clients, such as the cursor of a list. A token is base64url
 * of: version (1 byte), digest of kind and scope (16), signature (16; a check sum of 8 without a key), body (JSON).
 */
export interface TokenKind<Body extends readonly unknown[]> {
  /** The longest token, in characters. Longer texts are refused unread. */
  readonly maxLength: number;
  /** @throws `corrupt` for a body that does not fit the shapes */
  encode(body: Body, context?: TokenContext): string;
  /** `encode` for several bodies of one context, or for one that is not known yet. */
  encoder(context?: TokenContext): (body: Body) => string;
  /** @throws `invalid_argument` for anything that `encode` did not make with this scope and these keys */
  decode(use: TokenUse, token: unknown, context?: TokenContext): Body;
}

/**
 * Defines a kind of token. Every member of a decoded body is of its shape, so that no code needs to check it again.
 * @param kind unique among the tokens of a store; a store accepts tokens of other stores with the same kind
 * @param shapes the members of the body
 * @example
 * ```ts
 * import { defineToken, tokenInteger, tokenList } from "@agent-assembly/storage-core/backend";
 *
 * const position = defineToken("tail example", [tokenInteger(), tokenList(tokenInteger(), 1000)]);
 * const [sequence, open] = position.decode("after", position.encode([7, [3, 5]]));
 * console.log(sequence + open.length);
 * ```
 */
export function defineToken<const Shapes extends readonly TokenShape<unknown>[]>(
  kind: string,
  shapes: Shapes,
): TokenKind<ValuesOf<Shapes>> {
  const shape = tokenTuple(shapes);
  const maxLength = Math.ceil(((HEADER_BYTES + SIGNATURE_BYTES + shape.maxBytes) * 4) / 3);
  const unscoped = headerOf(kind, "");
  // Paging asks for the same scope twice for each page.
  let last = { scope: "", header: unscoped };
  const header = (scope = ""): Buffer => {
    if (scope === "") return unscoped;
    if (scope !== last.scope) last = { scope, header: headerOf(kind, scope) };
    return last.header;
  };

  const encoder = ({ scope, keys }: TokenContext = {}): ((body: ValuesOf<Shapes>) => string) => {
    const head = header(scope);
    return (body) => {
      if (!shape.fits(body)) {
        // Bodies are made of stored rows, which other programs can write.
        const message = `a token of the kind "${kind}" cannot be made of what is stored: a member is out of range`;
        throw new StorageError({ code: "corrupt", message });
      }
      const data = Buffer.concat([head, Buffer.from(JSON.stringify(body))]);
      const proof = keys === undefined ? checkSumOf(data) : keys.sign(data);
      return Buffer.concat([head, proof, data.subarray(HEADER_BYTES)]).toString("base64url");
    };
  };

  return {
    maxLength,
    encoder,
    encode: (body, context) => encoder(context)(body),

    decode(use, token, { scope, keys } = {}) {
      const { option, wanted, elsewhere, remedy } = USES[use];
      if (typeof token !== "string") {
        throw invalidArgument(option, `must be ${wanted}, got ${describeShape(token)}`, remedy);
      }
      const parts = token.length <= maxLength ? open(token, keys) : undefined;
      if (parts !== undefined && parts.head[0] !== VERSION) {
        const problem = `has version ${parts.head[0]}, and this software reads version ${VERSION}`;
        throw invalidArgument(option, problem, remedy);
      }
      if (parts !== undefined && !parts.head.equals(header(scope))) throw invalidArgument(option, elsewhere, remedy);
      const body = parts && parseCanonical(parts.json);
      if (shape.fits(body)) return body;
      throw invalidArgument(option, `is damaged, or was not made by this store (${describeShape(token)})`, remedy);
    },
  };
}

/** Longest token of any kind, in characters: what a record may keep. */
const MAX_TOKEN_LENGTH = 262_144;

/**
 * A token to keep, which only the backend that made it can decode.
 * @param what names the value in the error
 * @throws `invalid_argument` unless it is text of up to 262,144 characters that every backend can store
 */
export function parseKeptToken(what: string, value: unknown): string {
  const plain = typeof value === "string" && value.length > 0 && value.length <= MAX_TOKEN_LENGTH;
  if (plain && !value.includes("\0") && value.isWellFormed()) return value;
  const wanted = `must be a position that a measure returned, at most ${MAX_TOKEN_LENGTH} characters`;
  throw invalidArgument(what, `${wanted}, got ${describeShape(value)}`);
}

interface TokenParts {
  readonly head: Buffer;
  readonly json: Buffer;
}

/** @returns `undefined` unless the text is base64url of an intact token, signed where it must be */
function open(token: string, keys: TokenKeys | undefined): TokenParts | undefined {
  const bytes = Buffer.from(token, "base64url");
  // Decoding skips what is not base64url.
  if (bytes.toString("base64url") !== token) return undefined;
  const head = bytes.subarray(0, HEADER_BYTES);
  const intact = (proofBytes: number, verify: (data: Buffer, proof: Buffer) => boolean): TokenParts | undefined => {
    if (bytes.length <= HEADER_BYTES + proofBytes) return undefined;
    const json = bytes.subarray(HEADER_BYTES + proofBytes);
    const proof = bytes.subarray(HEADER_BYTES, HEADER_BYTES + proofBytes);
    return verify(Buffer.concat([head, json]), proof) ? { head, json } : undefined;
  };
  const signed = keys && intact(SIGNATURE_BYTES, (data, signature) => keys.verify(data, signature));
  if (signed !== undefined || keys?.unsigned === false) return signed;
  return intact(CHECK_BYTES, (data, sum) => checkSumOf(data).equals(sum));
}

/** @returns `undefined` for what is not the very text that `JSON.stringify` makes of a value */
function parseCanonical(json: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(json.toString());
    return Buffer.from(JSON.stringify(value)).equals(json) ? value : undefined;
  } catch (error) {
    // Deeply nested brackets exhaust the stack of `JSON.stringify`.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined;
    throw error;
  }
}

function headerOf(kind: string, scope: string): Buffer {
  return Buffer.concat([Buffer.of(VERSION), digestOf(`${kind}\0${scope}`).subarray(0, SCOPE_BYTES)]);
}

function checkSumOf(data: Buffer): Buffer {
  return digestOf(data).subarray(0, CHECK_BYTES);
}

/** SHA-256 in one call, which takes half as long: each page, and each event of a tail, has a token. */
function digestOf(data: string | Buffer): Buffer {
  return hash("sha256", data, "buffer");
}
