import { escapeText } from "./escape.js";
import type { Style } from "./style.js";
import { pad } from "./truncate.js";

/** A labelled value; one without a value is left out. */
export type Field = readonly [label: string, value: string | undefined];

/** `label  value` lines, values aligned and made safe to show. */
export function renderFields(fields: readonly Field[], style: Style): string {
  const present = fields.filter((field): field is readonly [string, string] => field[1] !== undefined);
  const width = Math.max(0, ...present.map(([label]) => label.length));
  return present.map(([label, value]) => `${style.dim(pad(label, width, "left"))}  ${escapeText(value)}\n`).join("");
}
