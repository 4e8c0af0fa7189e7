const BLOCKS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const ASCII_LEVELS = ["_", ".", ":", "-", "=", "+", "*", "#"];

/**
 * Values as one character each, the greatest one highest. The lowest character is zero, or the least value where one is negative.
 * @param values `null` leaves a space
 */
export function sparkline(values: readonly (number | null)[], unicode: boolean): string {
  const levels = unicode ? BLOCKS : ASCII_LEVELS;
  let low = 0;
  let high = 0;
  for (const value of values) {
    low = Math.min(low, value ?? 0);
    high = Math.max(high, value ?? 0);
  }
  return values
    .map((value) => {
      if (value === null) return " ";
      if (value === low || high === low) return levels[0];
      // A value above the lowest one never looks like it; halves keep the difference of huge values finite.
      const part = (value / 2 - low / 2) / (high / 2 - low / 2);
      return levels[Math.max(1, Math.round(part * (levels.length - 1)))];
    })
    .join("");
}
