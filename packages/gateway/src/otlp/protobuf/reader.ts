import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { MAX_DEPTH, MAX_VALUES, tooDeep, tooManyValues, undecodable } from "../undecodable.js";
import { knownName, LONGEST_NAME } from "./known-names.js";

const NOT_PROTOBUF = "is no export request in protobuf";
const MOST_GROUPS = 16;
/** Set in each byte of a varint but the last one. */
const CONTINUES = 0x80;

/**
 * Reads messages of protobuf in place: each message ends where its length says, and its fields are taken as they come. The
 * library's reader of whole messages makes an object of each of them, and OTLP has two for each attribute.
 */
export class MessageReader extends BinaryReader {
  readonly #bytes: Buffer;
  #depth = 0;
  #values = 0;

  constructor(bytes: Buffer) {
    super(bytes);
    this.#bytes = bytes;
  }

  /** The tag of the next field; 0 at the end of the message. */
  next(end: number): number {
    if (this.pos >= end) {
      if (this.pos > end) throw undecodable(NOT_PROTOBUF);
      return 0;
    }
    const tag = this.uint32();
    if (tag >>> 3 === 0) throw undecodable(NOT_PROTOBUF);
    return tag;
  }

  /** Where the message ends, text or list of bytes, whose length stands here. @param end of the message it is in */
  enter(end: number): number {
    const length = this.uint32();
    if (length > end - this.pos) throw undecodable(NOT_PROTOBUF);
    return this.pos + length;
  }

  /** Past a field that is not read. */
  pass(tag: number, end: number): void {
    switch (tag & 7) {
      case WireType.LengthDelimited:
        this.pos = this.enter(end);
        break;
      case WireType.Varint:
        // The library's own makes an object of what it passes.
        while ((this.#bytes[this.pos++] as number) & CONTINUES);
        break;
      case WireType.Bit64:
        this.pos += 8;
        break;
      case WireType.Bit32:
        this.pos += 4;
        break;
      default:
        this.skip(tag & 7, tag >>> 3, MOST_GROUPS);
    }
  }

  /** Hexadecimal digits of so many bytes; `undefined` for any other number of them, and for zeros, which mean that there is none. */
  hex(bytes: number, end: number): string | undefined {
    const start = this.#start(end);
    if (this.pos - start !== bytes) return undefined;
    const digits = this.#bytes.toString("hex", start, this.pos);
    return /[^0]/.test(digits) ? digits : undefined;
  }

  /** U+FFFD stands for bytes that are no UTF-8: one such text does not cost the whole request. */
  text(end: number): string {
    const start = this.#start(end);
    return this.#bytes.toString("utf8", start, this.pos);
  }

  /** The same, for texts that occur in many records. */
  name(end: number): string {
    const start = this.#start(end);
    if (this.pos - start <= LONGEST_NAME) return knownName(this.#bytes, start, this.pos);
    return this.#bytes.toString("utf8", start, this.pos);
  }

  base64(end: number): string {
    const start = this.#start(end);
    return this.#bytes.toString("base64", start, this.pos);
  }

  /** A time in nanoseconds; zero means that there is none. */
  time(): bigint | undefined {
    const time = this.fixed64();
    return time === 0n || time === "0" ? undefined : BigInt(time);
  }

  /** Counts what takes memory once it is decoded. */
  countValue(): void {
    if (++this.#values > MAX_VALUES) throw tooManyValues();
  }

  /** Reads a list or map within a value. */
  nested<T>(read: () => T): T {
    if (++this.#depth > MAX_DEPTH) throw tooDeep();
    const value = read();
    this.#depth--;
    return value;
  }

  #start(end: number): number {
    const to = this.enter(end);
    const start = this.pos;
    this.pos = to;
    return start;
  }
}

/**
 * Reads a body, and counts the messages at the end of a path of fields before anything is made of them.
 * @param path the tags that lead to one, outermost first
 * @throws ProblemError 400 for bytes that are no such message
 */
export function readBytes<T>(bytes: Buffer, read: (reader: MessageReader, end: number) => T): T {
  try {
    return read(new MessageReader(bytes), bytes.length);
  } catch (error) {
    // The library's errors are of no class of their own; a TypeError would be a defect here.
    if (!(error instanceof Error) || error instanceof TypeError || error.name === "ProblemError") throw error;
    throw undecodable(NOT_PROTOBUF);
  }
}

/** How many messages lie at the end of a path. @param path the tags of the fields that lead there, outermost first */
export function countMessages(reader: MessageReader, end: number, path: readonly (readonly number[])[]): number {
  const [tags = [], ...inner] = path;
  let count = 0;
  for (let tag = reader.next(end); tag !== 0; tag = reader.next(end)) {
    if (!tags.includes(tag)) reader.pass(tag, end);
    else if (inner.length > 0) count += countMessages(reader, reader.enter(end), inner);
    else {
      count++;
      reader.pos = reader.enter(end);
    }
  }
  return count;
}
