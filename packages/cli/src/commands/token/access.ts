import type { AgentStorage } from "@agent-assembly/storage";
import { type ApiTokenStore, StorageError } from "@agent-assembly/storage-core";

/** The tokens of a store. @throws `unsupported` where it keeps none */
export function apiTokensOf({ apiTokens, name, capabilities }: AgentStorage): ApiTokenStore {
  if (apiTokens !== undefined) return apiTokens;
  const { apiTokens: capability } = capabilities;
  const why = capability.status === "supported" ? "" : `: ${capability.reason}`;
  throw new StorageError({
    code: "unsupported",
    backend: name,
    message: `the ${name} backend keeps no tokens of a gateway${why}`,
  });
}
