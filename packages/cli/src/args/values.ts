import { userInfo } from "node:os";
import { pathToFileURL } from "node:url";
import { didYouMean } from "@agent-assembly/storage-core/backend";
import { UsageError } from "../exit.js";

/** One of several words. @throws UsageError */
export function parseChoice<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text);
  if (found !== undefined) return found;
  throw new UsageError(
    `${option} is ${JSON.stringify(text)}; allowed: ${choices.join(", ")}.${didYouMean(text, choices)}`,
  );
}

/** `a,b,c`. @throws UsageError on an empty member */
export function parseList(option: string, text: string): string[] {
  const items = text.split(",").map((item) => item.trim());
  if (items.some((item) => item === "")) {
    throw new UsageError(
      `${option} is ${JSON.stringify(text)}; allowed: names separated by commas, none of them empty`,
    );
  }
  return items;
}

/** A whole number on the command line. @throws UsageError */
export function parseInteger(option: string, text: string, min: number, max: number): number {
  const value = /^-?\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || value < min || value > max) {
    throw new UsageError(`${option} is ${JSON.stringify(text)}; allowed: a whole number from ${min} to ${max}`);
  }
  return value;
}

const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i;

/** The id of an event as stores have it. @throws UsageError */
export function parseEventId(text: string): string {
  if (UUID.test(text)) return text.toLowerCase();
  throw new UsageError(
    `event id is ${JSON.stringify(text.slice(0, 80))}; allowed: a UUID, as audit query --json lists them`,
  );
}

const MAX_LENGTH = 512;

/** A text that is stored as it is, such as a reason. @throws UsageError */
export function parseText(option: string, text: string, what: string): string {
  if (text.trim() !== "" && text.length <= MAX_LENGTH && !text.includes("\u0000") && text.isWellFormed()) return text;
  const shown = text.length > 80 ? `a text of ${text.length} characters` : JSON.stringify(text);
  throw new UsageError(`${option} is ${shown}; allowed: ${what}, 1 to ${MAX_LENGTH} characters`);
}

/** Who a change is recorded under: the option, or the user the command runs as. */
export function actorName(option: string | undefined): string {
  if (option !== undefined) return option;
  try {
    return userInfo().username;
  } catch {
    // A container may run under a user id that has no name.
    return "unknown";
  }
}

const EXAMPLES = "file:///absolute/folder or s3://bucket/prefix";

/** Where an archive is. The messages never repeat a URL, which may hold a secret. @throws UsageError */
export function parseArchiveUrl(option: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) {
    const hint =
      /^[.~/\w-]/.test(text) && !text.includes("://") ? `; a folder is written as ${pathToFileURL(text).href}` : "";
    throw new UsageError(`${option} is not a URL; allowed: ${EXAMPLES}${hint}`);
  }
  if (url.protocol !== "file:" && url.protocol !== "s3:") {
    throw new UsageError(`${option} begins with ${url.protocol}//; allowed: ${EXAMPLES}`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new UsageError(
      `${option} contains credentials, a query or a fragment; allowed: ${EXAMPLES}. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY for credentials`,
    );
  }
  if (url.protocol === "file:" ? url.host !== "" : url.hostname === "") {
    throw new UsageError(
      `${option} names no ${url.protocol === "file:" ? "absolute folder" : "bucket"}; allowed: ${EXAMPLES}`,
    );
  }
  return text;
}
