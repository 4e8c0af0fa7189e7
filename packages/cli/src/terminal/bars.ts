import { escapeText } from "./escape.js";
import { formatCount } from "./format.js";
import type { Style } from "./style.js";
import { displayWidth, pad, truncate } from "./truncate.js";

export interface Bar {
  readonly label: string;
  readonly value: number;
}

const EIGHTHS = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
const WIDEST_LABEL = 32;
const DEFAULT_WIDTH = 80;

/** Horizontal bars, the largest as long as there is room. */
export function renderBars(bars: readonly Bar[], width: number | undefined, style: Style): string {
  const labels = bars.map((bar) => truncate(escapeText(bar.label), WIDEST_LABEL));
  const labelWidth = Math.max(0, ...labels.map(displayWidth));
  const numbers = bars.map((bar) => formatNumber(bar.value));
  const numberWidth = Math.max(0, ...numbers.map((text) => text.length));
  const room = Math.max(8, Math.min(width ?? DEFAULT_WIDTH, 120) - labelWidth - numberWidth - 4);
  const largest = Math.max(0, ...bars.map((bar) => bar.value));
  return bars
    .map((bar, index) => {
      const label = pad(labels[index] as string, labelWidth, "left");
      const number = pad(numbers[index] as string, numberWidth, "right");
      return `${label}  ${number}  ${style.cyan(block(bar.value, largest, room))}`.trimEnd().concat("\n");
    })
    .join("");
}

function formatNumber(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(6)));
}

function block(value: number, largest: number, room: number): string {
  if (largest <= 0 || value <= 0) return "";
  // A value that is there is never drawn as nothing.
  const eighths = Math.max(1, Math.round((value / largest) * room * 8));
  return "█".repeat(Math.floor(eighths / 8)) + (EIGHTHS[eighths % 8] as string);
}
