/** A value in DER (X.690): its tag, its content, and all of its bytes. */
export interface DerValue {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly bytes: Uint8Array;
}

export const DER = {
  boolean: 0x01,
  integer: 0x02,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  context0: 0xa0,
} as const;

/** @param content the bytes, or values one after another */
export function encodeDer(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const bytes = Buffer.concat(content);
  return Buffer.concat([Uint8Array.of(tag, ...lengthOf(bytes.length)), bytes]);
}

function lengthOf(length: number): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}

/** The values in some bytes, one after another; `undefined` for what is no DER of the forms that are used here. */
export function decodeDer(bytes: Uint8Array): DerValue[] | undefined {
  const values: DerValue[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at] as number;
    const first = bytes[at + 1] ?? 0x80;
    const size = first < 0x80 ? 0 : first & 0x7f;
    // No length of more than four bytes, none that is indefinite, and no tag of several bytes.
    if ((tag & 0x1f) === 0x1f || first === 0x80 || size > 4) return undefined;
    let length = size === 0 ? first : 0;
    for (let byte = 0; byte < size; byte++) length = length * 256 + (bytes[at + 2 + byte] ?? 0);
    const start = at + 2 + size;
    const end = start + length;
    if (end > bytes.length) return undefined;
    values.push({ tag, content: bytes.subarray(start, end), bytes: bytes.subarray(at, end) });
    at = end;
  }
  return values;
}

/** The values in a constructed value of this tag; `undefined` where it is another. */
export function childrenOf(value: DerValue | undefined, tag: number): DerValue[] | undefined {
  return value?.tag === tag ? decodeDer(value.content) : undefined;
}
