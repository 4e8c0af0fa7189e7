import { maskSecrets, sharingOf } from "@agent-assembly/storage-core/backend";
import { type ConfigProblem, configError } from "./problem.js";
import { isSecretKey } from "./redact.js";
import type { ConfigTree } from "./sources.js";

/**
 * Warns of who else can read or change a configuration, which decides what code is loaded and may hold passwords.
 * @param isNamed whether the file was named; one that is only found, because it is where a configuration is looked for, must
 * not be writable for others
 * @throws `permission_denied`
 */
export async function checkSharing(path: string, tree: ConfigTree, isNamed: boolean): Promise<ConfigProblem[]> {
  const { read, write, owner } = await sharingOf(path);
  if (write !== undefined && !isNamed) {
    throw configError({
      code: "permission_denied",
      location: { kind: "configuration file", place: path },
      message: write,
      remedy: "Or name the file, to use it as it is.",
    });
  }
  const readers = read !== undefined && holdsSecret(tree) ? `${read}: it holds a password or a key` : undefined;
  return [write, owner, readers].filter((message) => message !== undefined).map((message) => ({ message }));
}

function holdsSecret(node: unknown, path = ""): boolean {
  if (typeof node === "string") return isSecretKey(path) || hasPassword(node);
  if (typeof node !== "object" || node === null) return false;
  return Object.entries(node).some(([key, value]: [string, unknown]) =>
    holdsSecret(value, Array.isArray(node) ? path : path === "" ? key : `${path}.${key}`),
  );
}

function hasPassword(text: string): boolean {
  return URL.canParse(text) ? new URL(text).password !== "" : maskSecrets(text) !== text;
}
