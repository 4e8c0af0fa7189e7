import type { JsonValue } from "@agent-assembly/storage-core";
import fc from "fast-check";

/** A value of an attribute in each form it takes: the library's message, OTLP JSON, and as it is decoded. */
export interface ValueModel {
  readonly message: object;
  readonly json: object;
  readonly decoded: JsonValue;
}

export interface AttributesModel {
  readonly message: object[];
  readonly json: object[];
  readonly decoded: ReadonlyMap<string, JsonValue>;
}

export const text = fc.string({ unit: "grapheme", maxLength: 12 });
/** Few, so that one occurs twice now and then. */
const keys = fc.constantFrom("a", "b", "c.d", "gen_ai.tool.name", "", "ä");

const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const double = fc.double().map((value) => (Object.is(value, -0) ? 0 : value));

function scalar(member: string, value: unknown, json: unknown, decoded: JsonValue): ValueModel {
  return { message: { value: { case: member, value } }, json: { [member]: json }, decoded };
}

const scalars: fc.Arbitrary<ValueModel> = fc.oneof(
  text.map((value) => scalar("stringValue", value, value, value)),
  fc.boolean().map((value) => scalar("boolValue", value, value, value)),
  fc.oneof(int64, fc.integer().map(BigInt)).chain((value) => {
    const decoded = Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
    const asText = scalar("intValue", value, String(value), decoded);
    return fc.constantFrom(
      asText,
      ...(typeof decoded === "number" ? [scalar("intValue", value, decoded, decoded)] : []),
    );
  }),
  double.map((value) => {
    const form = Number.isFinite(value) ? value : String(value);
    return scalar("doubleValue", value, form, form);
  }),
  fc.uint8Array({ maxLength: 8 }).map((value) => {
    const form = Buffer.from(value).toString("base64");
    return scalar("bytesValue", value, form, form);
  }),
  fc.constant({ message: {}, json: {}, decoded: null }),
);

const { value } = fc.letrec<{ value: ValueModel }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalars,
    fc.array(tie("value"), { maxLength: 3 }).map((list) => ({
      message: { value: { case: "arrayValue", value: { values: list.map(({ message }) => message) } } },
      json: { arrayValue: { values: list.map(({ json }) => json) } },
      decoded: list.map(({ decoded }) => decoded),
    })),
    fc.array(fc.tuple(keys, tie("value")), { maxLength: 3 }).map((entries) => {
      const { message, json, decoded } = attributesOf(entries);
      return {
        message: { value: { case: "kvlistValue", value: { values: message } } },
        json: { kvlistValue: { values: json } },
        decoded: Object.fromEntries(decoded) as JsonValue,
      };
    }),
  ),
}));

export { value };

function attributesOf(entries: readonly (readonly [string, ValueModel])[]): AttributesModel {
  return {
    message: entries.map(([key, { message }]) => ({ key, value: message })),
    json: entries.map(([key, { json }]) => ({ key, value: json })),
    // The first of a name counts.
    decoded: new Map(entries.toReversed().map(([key, { decoded }]) => [key, decoded] as const)),
  };
}

export const attributes: fc.Arbitrary<AttributesModel> = fc
  .array(fc.tuple(keys, value), { maxLength: 5 })
  .map(attributesOf);

/** An id of so many bytes: as bytes, as hexadecimal digits, and as it is decoded. */
export function id(bytes: number): fc.Arbitrary<{ bytes: Uint8Array; hex: string; decoded: string | undefined }> {
  const valid = fc.uint8Array({ minLength: bytes, maxLength: bytes });
  return fc.oneof({ weight: 5, arbitrary: valid }, fc.constant(new Uint8Array())).map((given) => {
    const hex = Buffer.from(given).toString("hex");
    return { bytes: given, hex, decoded: /[1-9a-f]/.test(hex) ? hex : undefined };
  });
}

/** A time in nanoseconds, in each form. */
export const time: fc.Arbitrary<{ fixed: bigint; json: string | undefined; decoded: bigint | undefined }> = fc
  .oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }))
  .map((fixed) => ({
    fixed,
    json: fixed === 0n ? undefined : String(fixed),
    decoded: fixed === 0n ? undefined : fixed,
  }));
