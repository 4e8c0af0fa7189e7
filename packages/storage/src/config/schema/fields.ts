import * as z from "zod/mini";
import { hasProtocol } from "../url.js";

/** A whole number in a range. */
export const integer = (least: number, most: number): z.ZodMiniNumber => z.int().check(z.gte(least), z.lte(most));

/** A text that is not empty. */
export const text = (most?: number): z.ZodMiniString =>
  most === undefined ? z.string().check(z.minLength(1)) : z.string().check(z.minLength(1), z.maxLength(most));

/** A section that may be missing: its members have defaults of their own. */
export const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.prefault(z.strictObject(shape), {} as never);

/** A URL of one of these protocols, each with its colon. */
export const urlOf = (protocols: readonly string[]): z.ZodMiniString =>
  z
    .string()
    .check(
      z.refine(
        (text) => hasProtocol(text, protocols),
        `a URL that starts with ${protocols.join("// or ")}//, special characters of a password escaped with %`,
      ),
    );
