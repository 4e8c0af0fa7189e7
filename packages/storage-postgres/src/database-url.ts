import type { ErrorLocation } from "@agent-assembly/storage-core";
import { describeShape, invalidArgument } from "@agent-assembly/storage-core/backend";

const DEFAULT_PORT = "5432";
const TEMPLATES = /^\/template[01]\/?$/;
const ESCAPE = "Escape special characters of the password with %.";

/**
 * The parts of a connection URL. Never put the URL itself into a message: it may carry a password.
 * @throws `invalid_argument`
 */
export function parseDatabaseUrl(url: unknown): URL {
  const shape = "must look like postgres://user@host:5432/database";
  if (typeof url !== "string" || url === "") {
    throw invalidArgument("options.url", `${shape}, got ${url === "" ? "an empty string" : describeShape(url)}`);
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) throw invalidArgument("options.url", shape, ESCAPE);
  if (parsed.protocol !== "postgres:" && parsed.protocol !== "postgresql:") {
    throw invalidArgument("options.url", `${shape}, got one of the scheme ${parsed.protocol}//`);
  }
  if (TEMPLATES.test(parsed.pathname)) {
    throw invalidArgument(
      "options.url",
      "must not lead to a template database, whose content every new database gets",
      "Create a database for the store.",
    );
  }
  // A password that was not escaped: a part of it would be taken for the database, and shown.
  if (`${parsed.pathname}${parsed.search}${parsed.hash}`.includes("@")) {
    throw invalidArgument("options.url", `${shape}, and has an @ behind its host`, ESCAPE);
  }
  return parsed;
}

/** Where a URL leads, without user and password: `host:5432/database`. */
export function placeOf(url: string): string {
  const { hostname, port, pathname } = parseDatabaseUrl(url);
  return `${hostname}:${port === "" ? DEFAULT_PORT : port}${pathname}`;
}

/** The database of a URL, for errors. */
export function locationOf(url: string): ErrorLocation {
  return { kind: "PostgreSQL", place: placeOf(url) };
}
