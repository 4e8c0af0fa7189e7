/** Keys whose values may carry credentials. */
const SECRET_PATHS: ReadonlySet<string> = new Set([
  "storage.postgres.database_url",
  "storage.redis.url",
  "storage.retention.archive_url",
  "storage.retention.s3.endpoint",
]);

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

/** A copy of a configuration (or a part of one) that is safe to print. */
export function redactConfig<T>(config: T): T {
  return redactNode(config, "") as T;
}

function redactNode(value: unknown, path: string): unknown {
  if (typeof value === "string") return isSecretPath(path) ? maskUrl(value) : value;
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, redactNode(member, path === "" ? key : `${path}.${key}`)]),
  );
}
