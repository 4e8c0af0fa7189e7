import { styleText } from "node:util";

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
    (format: Exclude<keyof Style, "enabled">) =>
    (text: string): string =>
      // Whether there are colours was decided by the host, which need not be this process.
      color && text !== "" ? styleText(format, text, { validateStream: false }) : text;
  return {
    enabled: color,
    bold: paint("bold"),
    dim: paint("dim"),
    red: paint("red"),
    green: paint("green"),
    yellow: paint("yellow"),
    blue: paint("blue"),
    magenta: paint("magenta"),
    cyan: paint("cyan"),
  };
}

/**
 * Colour needs a terminal that knows colours, and no `NO_COLOR` (https://no-color.org). `FORCE_COLOR` decides without
 * either, as in Node.js: `0` is no colour, any other value is. `--no-color` always wins.
 */
export function wantsColor(isTty: boolean, flag: boolean, env: NodeJS.ProcessEnv): boolean {
  if (!flag) return false;
  const forced = env.FORCE_COLOR ?? "";
  if (forced !== "") return forced !== "0" && forced !== "false";
  return isTty && (env.NO_COLOR ?? "") === "" && env.TERM !== "dumb";
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
