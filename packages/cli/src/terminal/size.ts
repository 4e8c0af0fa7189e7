const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

/** `1.5 MiB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${UNITS[unit] as string}`;
}

/** `1,164`. */
export function formatCount(count: number): string {
  // `toLocaleString` loads the rules of all languages, which takes longer than most commands.
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
