import { UsageError } from "../exit.js";

/** A whole number on the command line. @throws UsageError */
export function parseInteger(option: string, text: string, min: number, max: number): number {
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || value < min || value > max) {
    throw new UsageError(`${option} is ${JSON.stringify(text)}; allowed: a whole number from ${min} to ${max}`);
  }
  return value;
}
