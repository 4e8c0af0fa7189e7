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

/** A decision in the colour of its meaning. */
export function decisionStyle(style: Style, decision: string): (text: string) => string {
  if (decision === "deny" || decision === "error") return style.red;
  if (decision === "allow") return style.green;
  return style.yellow;
}
