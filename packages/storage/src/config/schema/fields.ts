import { isStorageError } from "@agent-assembly/storage-core";
import { didYouMean, parseTokenKey } from "@agent-assembly/storage-core/backend";
import * as z from "zod/mini";
import { BACKEND_NAMES, canBeModule, isBackendName } from "../../backends/names.js";
import { hasProtocol } from "../url.js";

/** A whole number in a range. */
export const integer = (least: number, most: number): z.ZodMiniNumber => z.int().check(z.gte(least), z.lte(most));

/** A text that is not empty. */
export const text = (most?: number): z.ZodMiniString =>
  most === undefined ? z.string().check(z.minLength(1)) : z.string().check(z.minLength(1), z.maxLength(most));

/** A file, or a folder. */
export const path = text().check(z.refine((given) => !given.includes("://"), "the path of a file, not a URL"));

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

const PACKAGE = "a package that exports backendModule, or the path of such a module";

/** A package, or the path of a module. */
export const backendPackage = z
  .string()
  .check(
    z.refine(
      (given) => canBeModule(given) && !isBackendName(given) && didYouMean(given, BACKEND_NAMES) === "",
      PACKAGE,
    ),
  );

/** What signs tokens: a secret, or a list of them. */
export const tokenKey = z.custom<string | readonly string[]>(
  isTokenKey,
  "a text of 32 to 512 characters, or a list of up to 8 of them",
);

function isTokenKey(value: unknown): boolean {
  try {
    return parseTokenKey(value) !== undefined;
  } catch (error) {
    if (isStorageError(error, "invalid_argument")) return false;
    throw error;
  }
}

/** One of our backends, a package, or the path of a module. */
export const backendName = z
  .string()
  .check(
    z.refine(
      (given) => isBackendName(given) || (canBeModule(given) && didYouMean(given, BACKEND_NAMES) === ""),
      `${BACKEND_NAMES.map((name) => JSON.stringify(name)).join(", ")}, or ${PACKAGE}`,
    ),
  );

/** The section of another package, which checks it itself. */
export const optionsSection = z.record(z.string(), z.unknown());
