import { splitServersUrl } from "@agent-assembly/storage-core/backend";

/** Protocols of a URL that PostgreSQL is reached by. */
export const POSTGRES_PROTOCOLS: readonly string[] = ["postgres:", "postgresql:"];

/**
 * Whether a text is a URL of one of these protocols. With an `@` behind its host it is none: there a password was not escaped,
 * and a part of it is in the wrong place.
 * @param protocols each with its colon
 */
export function hasProtocol(text: string, protocols: readonly string[]): boolean {
  // Several servers, which only a database has, are no URL of the WHATWG's.
  if (!URL.canParse(text))
    return protocols === POSTGRES_PROTOCOLS && protocols.some((one) => one === splitServersUrl(text)?.protocol);
  const { protocol, pathname, search, hash } = new URL(text);
  return protocols.includes(protocol) && (protocol === "file:" || !`${pathname}${search}${hash}`.includes("@"));
}
