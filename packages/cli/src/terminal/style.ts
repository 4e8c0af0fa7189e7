/** How text is emphasised; every function returns its input when colour is off. */
export interface Style {
  /** Whether colours are on. */
  readonly enabled: boolean;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly blue: (text: string) => string;
  readonly magenta: (text: string) => string;
  readonly cyan: (text: string) => string;
}

export function createStyle(color: boolean): Style {
  const paint =
    (open: number, close: number) =>
    (text: string): string =>
      color && text !== "" ? `\u001b[${open}m${text}\u001b[${close}m` : text;
  return {
    enabled: color,
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    blue: paint(34, 39),
    magenta: paint(35, 39),
    cyan: paint(36, 39),
  };
}

/** Colour needs a terminal, no `--no-color`, no `NO_COLOR` (https://no-color.org) and one that knows colours. */
export function wantsColor(isTty: boolean, flag: boolean, env: NodeJS.ProcessEnv): boolean {
  return isTty && flag && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
}

/**
 * Whether charts may use more than ASCII: unless the locale names another encoding, or the terminal is a bare one. A locale
 * that is not set at all, as in most containers, says nothing about the terminal in front of it.
 */
export function wantsUnicode(env: NodeJS.ProcessEnv): boolean {
  if (env.TERM === "dumb") return false;
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== "");
  return locale === undefined || /utf-?8/i.test(locale);
}
