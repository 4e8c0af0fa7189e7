/**
 * Whether charts may use more than ASCII: unless the locale names another encoding, or the terminal is a bare one. A locale
 * that is not set at all, as in most containers, says nothing about the terminal in front of it.
 */
export function wantsUnicode(env: NodeJS.ProcessEnv): boolean {
  if (env.TERM === "dumb") return false;
  const locale = [env.LC_ALL, env.LC_CTYPE, env.LANG].find((value) => value !== undefined && value !== "");
  return locale === undefined || /utf-?8/i.test(locale);
}
