import { parseUuid } from "../support/ids.js";
import { MAX_TEXT_LENGTH, textProblem } from "../support/text.js";

/** What one member of a token's body may be. */
export interface TokenShape<T> {
  /** The longest JSON text of a member that fits, in bytes. */
  readonly maxBytes: number;
  /** Whether a value, as `JSON.parse` returns it, is such a member. */
  fits(value: unknown): value is T;
}

/** The value of a shape. */
export type ValueOf<Shape> = Shape extends TokenShape<infer T> ? T : never;

/** The values of a list of shapes, in their order. */
export type ValuesOf<Shapes extends readonly TokenShape<unknown>[]> = {
  readonly [K in keyof Shapes]: ValueOf<Shapes[K]>;
};

const BRACKETS = 2;
const COMMA = 1;
/** `-9007199254740991`. */
const INTEGER_BYTES = 17;
/** An escape such as `\u001f` for one UTF-16 code unit. */
const ESCAPE_BYTES = 6;

/** A safe integer from `min` to `max`; by default any that is not negative. */
export function tokenInteger(min = 0, max: number = Number.MAX_SAFE_INTEGER): TokenShape<number> {
  return {
    maxBytes: INTEGER_BYTES,
    fits: (value): value is number =>
      Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
  };
}

/** A text that every backend can store, of at most so many UTF-16 code units. */
export function tokenText(maxLength: number = MAX_TEXT_LENGTH): TokenShape<string> {
  return {
    maxBytes: maxLength * ESCAPE_BYTES + 2,
    fits: (value): value is string => textProblem(value) === undefined && (value as string).length <= maxLength,
  };
}

/** A UUID in lower case. */
export function tokenUuid(): TokenShape<string> {
  return { maxBytes: 38, fits: (value): value is string => parseUuid(value) === value };
}

/** A list of up to `maxItems` members of one shape. */
export function tokenList<T>(shape: TokenShape<T>, maxItems: number): TokenShape<readonly T[]> {
  return {
    maxBytes: BRACKETS + maxItems * (shape.maxBytes + COMMA),
    fits: (value): value is readonly T[] =>
      Array.isArray(value) && value.length <= maxItems && value.every((item) => shape.fits(item)),
  };
}

/** A list of exactly these members. */
export function tokenTuple<const Shapes extends readonly TokenShape<unknown>[]>(
  shapes: Shapes,
): TokenShape<ValuesOf<Shapes>> {
  return {
    maxBytes: BRACKETS + shapes.reduce((sum, { maxBytes }) => sum + maxBytes + COMMA, 0),
    fits: (value): value is ValuesOf<Shapes> =>
      Array.isArray(value) &&
      value.length === shapes.length &&
      shapes.every((shape, index) => shape.fits((value as unknown[])[index])),
  };
}
