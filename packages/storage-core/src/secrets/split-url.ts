/** The parts of a URL as they are written, with nothing decoded. */
export interface UrlParts {
  /** In lower case, with its colon. */
  readonly protocol: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** `host:port`, or several of them with commas between. */
  readonly authority: string;
  /** From its first `/` on; empty without one. */
  readonly path: string;
  /** Without its `?`; `undefined` without one. */
  readonly query: string | undefined;
}

const SHAPE = /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#@:]*)(?::([^/?#@]*))?@)?([^/?#@]*)(\/[^?#@]*)?(?:\?([^#@]*))?$/i;
const HOST = String.raw`(?:\[[0-9a-f:.]+(?:%25[\w.~-]+)?\]|[\w.%~-]*)(?::\d{0,5})?`;
const AUTHORITY = new RegExp(`^${HOST}(?:,${HOST})*$`, "i");
/** No text of a URL holds white space or control characters. */
const UNPRINTABLE = /[\s\p{Cc}]/u;

/**
 * Splits a URL of a database, which may name several servers: `postgres://user@one:5432,two:5432/database`. Such a URL is
 * none to the WHATWG's parser.
 * @returns `undefined` for any other text, and where an `@`, `/`, `?` or `#` of a password was not escaped
 */
export function splitServersUrl(text: string): UrlParts | undefined {
  const parts = UNPRINTABLE.test(text) ? null : SHAPE.exec(text);
  if (parts === null) return undefined;
  const [, protocol = "", user, password, authority = "", path = "", query] = parts;
  if (!AUTHORITY.test(authority)) return undefined;
  return { protocol: `${protocol.toLowerCase()}:`, user, password, authority, path, query };
}
