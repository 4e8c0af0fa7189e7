/** Types of the Thrift compact protocol. */
const STOP = 0;
const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const STRUCT = 12;

/** Structs and lists within each other: Parquet has 6. */
const MAX_DEPTH = 16;
/** Of a 64-bit number. */
const MAX_VARINT_BYTES = 10;

/** The bytes end within a value. */
export class EndOfBytes extends Error {}

/**
 * Walks over values of the Thrift compact protocol without making any: in time that grows with the bytes, and no deeper
 * than Parquet goes. Decoders trust the length that a list states, and make an array for it.
 */
export class ThriftReader {
  #values = 0;

  /** @param maxValues that may come in all */
  constructor(
    private readonly bytes: Uint8Array,
    public offset: number,
    private readonly maxValues: number,
  ) {}

  /**
   * Walks over a struct.
   * @param onInteger gets the path of field ids of each integer (`"5.1"`), which is inexact beyond 2^53
   * @throws {@link EndOfBytes}; `RangeError` for what is no such struct
   */
  struct(onInteger?: (path: string, value: number) => void, path = "", depth = 0): void {
    if (depth > MAX_DEPTH) throw new RangeError("structs are nested too deeply");
    for (let id = 0; ; ) {
      const header = this.#byte();
      const type = header & 0x0f;
      if (type === STOP) return;
      id = header >> 4 === 0 ? zigzag(this.#varint()) : id + (header >> 4);
      const place = onInteger === undefined ? "" : `${path}${id}`;
      if (onInteger !== undefined && type >= I16 && type <= I64) {
        this.#count();
        onInteger(place, zigzag(this.#varint()));
      } else if (onInteger !== undefined && (type === TRUE || type === FALSE)) {
        this.#count();
        onInteger(place, type === TRUE ? 1 : 0);
      } else if (onInteger !== undefined && type === STRUCT) {
        this.#count();
        this.struct(onInteger, `${place}.`, depth + 1);
      } else {
        this.#value(type, depth);
      }
    }
  }

  #value(type: number, depth: number): void {
    this.#count();
    if (type === TRUE || type === FALSE) return;
    if (type === BYTE) this.#skip(1);
    else if (type >= I16 && type <= I64) this.#varint();
    else if (type === DOUBLE) this.#skip(8);
    else if (type === BINARY) this.#skip(this.#varint());
    else if (type === STRUCT) this.struct(undefined, "", depth + 1);
    else if (type === LIST) this.#list(depth + 1);
    else throw new RangeError(`values of type ${type} are not used`);
  }

  #list(depth: number): void {
    if (depth > MAX_DEPTH) throw new RangeError("lists are nested too deeply");
    const header = this.#byte();
    const type = header & 0x0f;
    const length = header >> 4 === 15 ? this.#varint() : header >> 4;
    // Each element takes a byte at least.
    if (length > this.bytes.length - this.offset) throw new EndOfBytes("a list is longer than the bytes");
    for (let i = 0; i < length; i++) this.#value(type === TRUE || type === FALSE ? BYTE : type, depth);
  }

  #varint(): number {
    let value = 0;
    let factor = 1;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const byte = this.#byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) return value;
      factor *= 128;
    }
    throw new RangeError("a number has too many bytes");
  }

  #byte(): number {
    const byte = this.bytes[this.offset];
    if (byte === undefined) throw new EndOfBytes("the bytes end within a value");
    this.offset++;
    return byte;
  }

  #skip(count: number): void {
    if (count > this.bytes.length - this.offset) throw new EndOfBytes("the bytes end within a value");
    this.offset += count;
  }

  #count(): void {
    if (++this.#values > this.maxValues) throw new RangeError(`it has more than ${this.maxValues} values`);
  }
}

function zigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
