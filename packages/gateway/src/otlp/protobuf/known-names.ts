/** Names that are kept; a power of two. */
const PLACES = 1024;
/** Longer ones are read as other texts are. */
export const LONGEST_NAME = 64;

const names: (string | undefined)[] = new Array<string | undefined>(PLACES);

/**
 * A short text that the same few programs send again and again: names of attributes and of spans. The same string for the same
 * bytes takes no call into the engine, and finds its entry in a map without being compared letter by letter.
 * @param end at most {@link LONGEST_NAME} bytes after `start`
 */
export function knownName(bytes: Buffer, start: number, end: number): string {
  let hash = end - start;
  for (let at = start; at < end; at++) hash = (hash * 31 + (bytes[at] as number)) | 0;
  const place = (hash ^ (hash >>> 15)) & (PLACES - 1);
  const known = names[place];
  if (known !== undefined && isSame(known, bytes, start, end)) return known;
  const name = bytes.toString("utf8", start, end);
  // Others hold one character in several bytes, and would never be found.
  if (name.length === end - start) names[place] = internalized(name);
  return name;
}

function isSame(name: string, bytes: Buffer, start: number, end: number): boolean {
  if (name.length !== end - start) return false;
  for (let at = start, i = 0; at < end; at++, i++) if (name.charCodeAt(i) !== bytes[at]) return false;
  return true;
}

/** The one copy that the engine has of the names of members, which is compared by its address. */
function internalized(name: string): string {
  return Object.keys({ [name]: true })[0] ?? name;
}
