const TOKEN = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/**
 * True when a double gives the digits of a JSON number back: 0.10 and 1e3 do, 9007199254740993 and 0.1000000000000000055 do not.
 * @param token a number as the JSON grammar has it
 */
export function isExactNumber(token: string): boolean {
  // Fifteen significant digits always survive; only an exponent could lead out of the range.
  if (token.length <= 15 && !/[eE]/.test(token)) return true;
  const number = Number(token);
  if (!Number.isFinite(number)) return false;
  // Not by its power of ten, which may have as many digits as the text.
  if (number === 0) return /^-?[0.]+(?:[eE]|$)/.test(token);
  return decimal(token) === decimal(String(number));
}

/** Equal for two spellings of one decimal number: its significant digits and the power of ten of the last one. */
function decimal(text: string): string {
  const match = TOKEN.exec(text);
  if (match === null) return text;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  // A loop: a regular expression would look through every run of zeros from each of its zeros.
  let end = digits.length;
  while (digits[end - 1] === "0") end--;
  const significant = digits.slice(0, end);
  if (significant === "") return "0";
  const power = Number(exponent) - fraction.length + digits.length - significant.length;
  return `${sign}${significant}e${power}`;
}
