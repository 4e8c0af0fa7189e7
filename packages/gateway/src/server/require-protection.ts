import { type AgentStorage, StorageError } from "@agent-assembly/storage";
import { isLoopbackName } from "../access/origin.js";
import type { ServeOptions } from "./options.js";

/** Whether an address to listen on is reached by this machine alone. */
export function isLoopbackAddress(host: string): boolean {
  return isLoopbackName(host.toLowerCase());
}

/**
 * Refuses to listen beyond this machine without tokens, or without TLS here or before it.
 * @param now milliseconds since the epoch
 * @throws `invalid_argument`; `unsupported` for a store that keeps no tokens
 */
export async function requireProtection(
  storage: AgentStorage,
  host: string,
  { tls, publicUrl }: ServeOptions,
  now: number,
): Promise<void> {
  if (isLoopbackAddress(host)) return;
  if (storage.apiTokens === undefined) {
    throw new StorageError({
      code: "unsupported",
      option: "options.host",
      message: "{option} is reached from other machines, and this store keeps no tokens to tell its clients by",
      remedy: "Listen on 127.0.0.1, or use the backend sqlite or postgres.",
    });
  }
  const inForce = (await storage.apiTokens.list()).filter(
    ({ expiresAt }) => expiresAt === undefined || expiresAt.getTime() > now,
  );
  if (inForce.length === 0) {
    throw new StorageError({
      code: "invalid_argument",
      option: "options.host",
      message: "{option} is reached from other machines, and there is no token to tell clients by",
      remedy: "Create one with aasm token create, or listen on 127.0.0.1.",
    });
  }
  if (tls === undefined && publicUrl?.startsWith("https:") !== true) {
    throw new StorageError({
      code: "invalid_argument",
      option: "options.host",
      message: "{option} is reached from other machines, and tokens would be sent to it in plain text",
      remedy: "Give a certificate and its key, or the https address of the proxy that serves TLS as options.publicUrl.",
    });
  }
}
