/** Protocols of a URL that PostgreSQL is reached by. */
export const POSTGRES_PROTOCOLS = ["postgres:", "postgresql:"] as const;

/** @param protocols each with its colon */
export function hasProtocol(text: string, protocols: readonly string[]): boolean {
  return URL.canParse(text) && protocols.includes(new URL(text).protocol);
}
