import stringWidth from "string-width";

/** Printable ASCII is one column each; measuring graphemes costs a hundred times as much. */
const ASCII = /^[\x20-\x7e]*$/;

/** Columns a text takes on a terminal. */
export function displayWidth(text: string): number {
  return ASCII.test(text) ? text.length : stringWidth(text);
}

/** The text, cut to `width` columns with `…` where it is longer; never in the middle of a character. */
export function truncate(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  if (ASCII.test(text)) return `${text.slice(0, Math.max(0, width - 1))}…`;
  let used = 0;
  let kept = "";
  for (const { segment } of graphemes(text)) {
    const columns = displayWidth(segment);
    if (used + columns > width - 1) break;
    used += columns;
    kept += segment;
  }
  return `${kept}…`;
}

let segmenter: Intl.Segmenter | undefined;

function graphemes(text: string): Intl.Segments {
  segmenter ??= new Intl.Segmenter(undefined, { granularity: "grapheme" });
  return segmenter.segment(text);
}

export function pad(text: string, width: number, align: "left" | "right"): string {
  const space = " ".repeat(Math.max(0, width - displayWidth(text)));
  return align === "left" ? text + space : space + text;
}
