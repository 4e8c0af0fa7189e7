/**
 * Describes a value by its shape only, for error messages: never its content, so nothing secret or personal
 * reaches a log.
 */
export function describeShape(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  if (typeof value === "string") return `a string of ${countText(value.length, "character")}`;
  if (typeof value === "number") {
    if (Number.isNaN(value)) return "NaN";
    if (!Number.isFinite(value)) return "an infinite number";
    return Number.isInteger(value) ? "an integer" : "a fractional number";
  }
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "an invalid Date" : "a Date";
  if (value instanceof Uint8Array) return countText(value.byteLength, "byte");
  if (typeof value === "object") {
    const name = (Object.getPrototypeOf(value) as object | null)?.constructor?.name;
    return name === undefined || name === "Object" ? "an object" : `a ${name}`;
  }
  return `a ${typeof value}`;
}

/** `1 row`, `12 rows`: a count as an error names it. */
export function countText(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
