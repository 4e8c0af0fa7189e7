/**
 * Characters that hide, reorder or break a line of text: C0 and C1 controls, soft hyphens, line and paragraph separators,
 * bidirectional controls, invisible formatting, variation selectors, tag characters, lone surrogates.
 */
const HIDDEN =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must be found
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each of them is looked for by itself
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff9-\ufffb]|\u034f|[\u{e0000}-\u{e01ef}]|\p{Surrogate}/gu;

/** Most texts, which hide nothing; telling these takes a fraction of the time. */
const PLAIN = /^[ -~]*$/;

/** Stored text made safe to show: a control character appears as its picture (`␛`), another hidden one as `⟨202E⟩`. */
export function visible(text: string): string {
  return PLAIN.test(text) ? text : text.replace(HIDDEN, (character) => symbolOf(character.codePointAt(0) as number));
}

/** {@link visible} for text of several lines: line breaks stay, with their symbol before them. */
export function visibleLines(text: string): string {
  return text.split("\n").map(visible).join("␊\n");
}

function symbolOf(code: number): string {
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "␡";
  return `⟨${code.toString(16).toUpperCase().padStart(4, "0")}⟩`;
}

/** The first `length` characters, with `…` where more follow; never half a surrogate pair. */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const half = /[\ud800-\udbff]/.test(text.charAt(length - 1));
  return `${text.slice(0, half ? length - 1 : length)}…`;
}

/** An id cut to eight characters where it is one of digits; of a name the end, which is what differs. */
export function shortEnd(id: string): string {
  if (id.length <= 12 || /^[0-9a-f-]{16,}$/i.test(id)) return shortId(id);
  return `…${id.slice(/[\udc00-\udfff]/.test(id.charAt(id.length - 10)) ? -9 : -10)}`;
}

/** An id cut to eight characters where it is longer than twelve; a readable name of up to 24 stays whole. */
export function shortId(id: string): string {
  if (id.length <= 12) return id;
  if (/^[0-9a-f-]{16,}$/i.test(id)) return id.slice(0, 8);
  return cut(id, 24);
}
