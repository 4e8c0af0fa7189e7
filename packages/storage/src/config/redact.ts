import { NAMED_KEYS } from "./keys/walk.js";

/** Keys whose values may carry credentials. */
const SECRET_PATHS: ReadonlySet<string> = new Set(
  NAMED_KEYS.filter(({ key }) => key.secret === true).map(({ path }) => path),
);

const MASK = "***";

export function isSecretPath(path: string): boolean {
  return SECRET_PATHS.has(path);
}

/** The URL without its password and without the values of its query parameters, either of which can be a secret. */
export function maskUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    // Not parseable, so there is no telling which part of it is the password.
    return MASK;
  }
  if (url.password !== "") url.password = MASK;
  for (const name of [...url.searchParams.keys()]) url.searchParams.set(name, MASK);
  return url.toString();
}

/**
 * A copy of a configuration (or a part of one) that is safe to print. In the options of backend packages all credentials
 * of URLs are masked, and all values of keys such as `password` and `apiToken`.
 */
export function redactConfig<T>(config: T): T {
  return redactNode(config, "") as T;
}

/** Sections whose keys only their packages know. */
const PACKAGE_OPTIONS = /^storage\.(state\.)?options\./;
const SECRET_KEY = /pass(word|phrase)?|secret|token|credential|key$/i;

function redactNode(value: unknown, path: string): unknown {
  if (typeof value === "string") return redactText(value, path);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return PACKAGE_OPTIONS.test(path) ? value.map((one) => redactNode(one, path)) : value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, redactNode(member, path === "" ? key : `${path}.${key}`)]),
  );
}

function redactText(text: string, path: string): string {
  if (isSecretPath(path)) return maskUrl(text);
  if (!PACKAGE_OPTIONS.test(path)) return text;
  if (SECRET_KEY.test(path.slice(path.lastIndexOf(".") + 1))) return MASK;
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? maskUrl(text) : text;
}
