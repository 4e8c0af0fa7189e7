import { MASK, maskSecrets, maskUrl } from "@agent-assembly/storage-core/backend";
import { NAMED_KEYS } from "./keys/walk.js";

export { maskUrl };

/** Keys whose values may carry credentials. */
const SECRET_PATHS: readonly string[] = NAMED_KEYS.filter(({ key }) => key.secret === true).map(({ path }) => path);

/** Keys whose values are secret as a whole, and not a URL with a secret in it. */
const SECRETS: ReadonlySet<string> = new Set(
  NAMED_KEYS.filter(({ key }) => key.type === "token key").map(({ path }) => path),
);

/** Whether the value of a key may carry credentials, or of one that is in its place a section should be. */
export function isSecretPath(path: string): boolean {
  return SECRET_PATHS.some((secret) => secret === path || secret.startsWith(`${path}.`));
}

/**
 * A copy of a configuration (or a part of one) that is safe to print. In all texts the credentials of URLs and the values of
 * names such as `password=` are masked; in the options of backend packages also all that is under keys such as `password` and
 * `apiToken`.
 */
export function redactConfig<T>(config: T): T {
  return redactNode(config, "") as T;
}

/** Sections whose keys only their packages know. */
const PACKAGE_OPTIONS = /^storage\.(state\.)?options\./;
const SECRET_KEY = /pass|pwd|secret|token|credential|auth|dsn|connection_?string|key$/i;

/** Whether a value is a secret as a whole because of the key it is under. */
export function isSecretKey(path: string): boolean {
  return SECRETS.has(path) || (PACKAGE_OPTIONS.test(path) && SECRET_KEY.test(path.split(".").at(-1) ?? ""));
}

function redactNode(value: unknown, path: string): unknown {
  if (SECRETS.has(path)) return value === undefined ? undefined : MASK;
  if (typeof value === "string") return redactText(value, path);
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map((one: unknown) => redactNode(one, path));
  return Object.fromEntries(
    Object.entries(value).map(([key, member]: [string, unknown]) => {
      const memberPath = path === "" ? key : `${path}.${key}`;
      const isSecret = PACKAGE_OPTIONS.test(memberPath) && SECRET_KEY.test(key) && member !== null;
      return [maskSecrets(key), isSecret ? MASK : redactNode(member, memberPath)];
    }),
  );
}

function redactText(text: string, path: string): string {
  if (SECRET_PATHS.includes(path) || /^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return maskUrl(text);
  return maskSecrets(text);
}
