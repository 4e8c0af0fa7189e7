import { z } from "zod";

/** A URL of one of these protocols, each with its colon. */
export const urlOf = (protocols: readonly string[]): z.ZodString =>
  z
    .string()
    .refine(
      (text) => hasProtocol(text, protocols),
      `a URL that starts with ${protocols.join("// or ")}//, special characters of a password escaped with %`,
    );

function hasProtocol(text: string, protocols: readonly string[]): boolean {
  try {
    return protocols.includes(new URL(text).protocol);
  } catch {
    return false;
  }
}
