import { describeShape, invalidArgument } from "@agent-assembly/storage-core/backend";

/**
 * The parts of a connection URL. Never put the URL itself into a message: it may carry a password.
 * @throws `invalid_argument`
 */
export function parseDatabaseUrl(url: unknown): URL {
  const shape = "options.url must look like postgres://user@host:5432/database";
  if (typeof url !== "string" || url === "") {
    throw invalidArgument(`${shape}, got ${url === "" ? "an empty string" : describeShape(url)}`);
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) throw invalidArgument(`${shape}; escape special characters of the password with %`);
  if (parsed.protocol !== "postgres:" && parsed.protocol !== "postgresql:") {
    throw invalidArgument(`${shape}, got one of the scheme ${parsed.protocol}//`);
  }
  return parsed;
}

/** Where a URL leads, without user and password: `host:5432/database`. */
export function placeOf(url: string): string {
  const { host, pathname } = parseDatabaseUrl(url);
  return `${host}${pathname}`;
}
