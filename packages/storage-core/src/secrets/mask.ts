import { splitServersUrl } from "./split-url.js";

/** Stands for what is not shown. */
export const MASK = "***";

const SCHEME = /[a-z][a-z0-9+.-]{0,31}$/i;
/** What our own texts give as an example of a URL. */
const EXAMPLE = /^user@(host|db|localhost)\b/;
/** A password in a connection string, a query or JSON: its name, and what stands between name and value. */
const NAMED =
  /((?:pass(?:word|wd|phrase)?|pwd|secret|token|credential|api_?key|access_?key)[\w-]{0,40}["']?\s{0,4}(?:=|(?<=["']\s{0,4}):)\s{0,4})/gi;
/** Quoted parts may hold white space, and so may what is escaped. */
const NAMED_VALUE = /(?:'(?:\\[\s\S]|[^'\\])*'?|"(?:\\[\s\S]|[^"\\])*"?|\\[\s\S]|[^\s\\'"])+/y;
/** In what we advise. */
const PACKAGE = /^@(agent-assembly|aws-sdk)\//;

/**
 * Text that came from outside, such as a message of a driver or an argument, without what looks like a secret: the user info
 * of every URL (from `scheme://` up to the last `@`), and the values of names such as `password=`. It takes time in proportion
 * to the text.
 */
export function maskSecrets(text: string): string {
  const withoutUserInfo = text.includes("://") && text.includes("@") ? maskUserInfo(text) : text;
  return maskNamed(withoutUserInfo);
}

/** Whether a text has the marks of a URL or of a connection string, so that only its shape can be shown. */
export function mayHoldSecret(text: string): boolean {
  return /:\/\/|[@=]/.test(text);
}

/**
 * A URL to show: without its password, without a user that has none, without the values of its query, and without its fragment.
 * What does not parse, and what has an `@` behind its host (a password that was not escaped), is masked as a whole.
 */
export function maskUrl(text: string): string {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return MASK;
  if (!URL.canParse(text)) return maskServersUrl(text);
  const { protocol, username, password, host, pathname, search, searchParams, hash } = new URL(text);
  if (`${pathname}${search}${hash}`.includes("@")) return `${protocol}//${MASK}`;
  const query = search === "" ? "" : `?${maskedNames([...searchParams.keys()])}`;
  return `${protocol}//${maskedLogin(username, password)}${host}${pathname}${query}${hash === "" ? "" : `#${MASK}`}`;
}

/** One that names several servers. */
function maskServersUrl(text: string): string {
  const parts = splitServersUrl(text);
  if (parts === undefined) return MASK;
  const { protocol, user = "", password = "", authority, path, query } = parts;
  const names = query?.split("&").map((pair) => pair.split("=", 1)[0] as string);
  return `${protocol}//${maskedLogin(user, password)}${authority}${path}${names === undefined ? "" : `?${maskedNames(names)}`}`;
}

function maskedLogin(username: string, password: string): string {
  if (username === "" && password === "") return "";
  const user = /^[\w.-]{1,64}$/.test(username) && password !== "" ? username : MASK;
  return `${user}${password === "" ? "" : `:${MASK}`}@`;
}

function maskedNames(names: readonly string[]): string {
  return names.map((name) => (/^[a-z]\w{0,63}$/i.test(name) ? `${name}=${MASK}` : MASK)).join("&");
}

function maskUserInfo(text: string): string {
  let masked = "";
  // Up to here the text is in `masked`.
  let done = 0;
  let next = 0;
  for (let mark = text.indexOf("://"); mark !== -1; mark = text.indexOf("://", next)) {
    const begin = mark + 3;
    next = begin;
    const scheme = SCHEME.exec(text.slice(Math.max(done, mark - 32), mark))?.[0] ?? "";
    // Paths of modules have an @, and no user info.
    if (scheme === "file" || scheme === "" || EXAMPLE.test(text.slice(begin, begin + 20))) continue;
    next = endOfUrl(text, begin);
    const end = lastAt(text.slice(begin, next));
    if (end === undefined) continue;
    masked += `${text.slice(done, begin)}${MASK}`;
    done = begin + end;
  }
  return masked + text.slice(done);
}

/** Where the next URL has its mark. Without white space before it, a mark is a part of the password. */
function endOfUrl(text: string, begin: number): number {
  for (let from = begin; ; ) {
    const mark = text.indexOf("://", from);
    if (mark === -1) return text.length;
    if (/\s/.test(text.slice(from, mark))) return mark;
    from = mark + 3;
  }
}

/** Passwords may hold anything, an @ and white space included. */
function lastAt(text: string): number | undefined {
  let at = text.lastIndexOf("@");
  while (at !== -1 && PACKAGE.test(text.slice(at, at + 20))) at = at === 0 ? -1 : text.lastIndexOf("@", at - 1);
  return at === -1 ? undefined : at;
}

function maskNamed(text: string): string {
  let masked = "";
  let done = 0;
  for (const { 0: name, index } of text.matchAll(NAMED)) {
    const begin = index + name.length;
    if (index < done) continue;
    NAMED_VALUE.lastIndex = begin;
    const value = NAMED_VALUE.exec(text)?.[0] ?? "";
    masked += `${text.slice(done, begin)}${value === "" ? "" : MASK}`;
    done = begin + value.length;
  }
  return masked + text.slice(done);
}
