/**
 * Characters that can move the cursor, recolour, retitle or reorder a terminal's text: C0 and C1 controls, line and
 * paragraph separators, bidirectional controls, invisible formatting, tag characters, lone surrogates.
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must be found
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]|\p{Surrogate}/gu;

const SHORT: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/** Stored text made safe to show: what could drive the terminal appears as `\x1b` or `\u{202e}`. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, (character) => SHORT[character] ?? numeric(character.codePointAt(0) as number));
}

function numeric(code: number): string {
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

/** {@link escapeText} for a message that may have several lines. */
export function escapeLines(text: string): string {
  return text.split("\n").map(escapeText).join("\n");
}

// What JSON.stringify leaves as it is; C0 controls and lone surrogates it escapes itself.
const UNSAFE_IN_JSON =
  /[\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\u{e0000}-\u{e007f}]/gu;

/** The same JSON document with such characters written as `\uXXXX`. */
export function escapeJson(text: string): string {
  return text.replace(UNSAFE_IN_JSON, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
    ).join(""),
  );
}

/**
 * Text of several lines on one, without the white space around their ends. Written as a split: a regular expression that begins
 * with white space looks through every run of it from each of its characters.
 */
export function oneLine(text: string, separator = " "): string {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .join(separator);
}
