/** A field of a message: its number, and what it holds. */
export type Field = readonly [number, Held];
/** Text, bytes, a message, a number as varint, or one in eight bytes. */
type Held =
  | string
  | Uint8Array
  | readonly Field[]
  | bigint
  | { readonly fixed64: bigint }
  | { readonly double: number };

/** A message in protobuf: enough of an encoder for samples, whose bytes are changed anyway. */
export function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(fields.map(([number, held]) => field(number, held)));
}

function field(number: number, held: Held): Uint8Array {
  if (typeof held === "bigint") return Buffer.concat([tag(number, 0), varint(BigInt.asUintN(64, held))]);
  if (typeof held === "object" && "fixed64" in held) return Buffer.concat([tag(number, 1), eightBytes(held.fixed64)]);
  if (typeof held === "object" && "double" in held) {
    const bytes = Buffer.alloc(8);
    bytes.writeDoubleLE(held.double);
    return Buffer.concat([tag(number, 1), bytes]);
  }
  const bytes = bytesOf(held);
  return Buffer.concat([tag(number, 2), varint(BigInt(bytes.length)), bytes]);
}

function bytesOf(held: string | Uint8Array | readonly Field[]): Uint8Array {
  if (typeof held === "string") return Buffer.from(held);
  return held instanceof Uint8Array ? held : message(...held);
}

function tag(number: number, type: number): Uint8Array {
  return varint(BigInt((number << 3) | type));
}

function eightBytes(value: bigint): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
}

function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80);
  return Uint8Array.from([...bytes, Number(rest)]);
}
