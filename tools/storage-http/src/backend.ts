import type { Capabilities, StorageBackend, StorageHealth } from "@agent-assembly/storage-core";
import { guardBackend } from "@agent-assembly/storage-core/backend";
import type { ApprovalQueue } from "@agent-assembly/storage-core/state";
import { HttpAgentRegistry } from "./agent-registry.js";
import { HttpApprovalQueue } from "./approval-queue.js";
import { HttpAuditStore } from "./audit-store.js";
import { HttpClient, type HttpClientOptions } from "./http-client.js";
import { NOT_CARRIED, notCarried, refuse } from "./not-carried.js";
import { HttpPolicyStore } from "./policy-store.js";

interface Examined {
  readonly health: StorageHealth;
  readonly capabilities: Capabilities;
}

/**
 * A store behind a gateway: audit log, agents and policies over its REST API. What the API does not carry is refused, as the
 * capabilities say.
 * @throws StorageError when the gateway cannot be reached
 */
export async function openHttpStorage(options: HttpClientOptions): Promise<StorageBackend> {
  const client = new HttpClient(options);
  const examine = (): Promise<Examined> => client.json("GET", "/doctor");
  const { capabilities } = await examine();
  const closing = new AbortController();
  const close = async (): Promise<void> => closing.abort();
  return guardBackend({
    name: "http",
    location: options.url,
    capabilities: { ...capabilities, ...NOT_CARRIED },
    audit: new HttpAuditStore(client, closing.signal),
    agents: new HttpAgentRegistry(client),
    policies: new HttpPolicyStore(client),
    metrics: notCarried("metrics"),
    partitions: notCarried("partitions"),
    holds: notCarried("holds"),
    retentionSupport: notCarried("retentionSupport"),
    planErasure: refuse,
    erase: refuse,
    erasures: refuse,
    async health() {
      const { health } = await examine();
      return { ...health, backend: "http" };
    },
    close,
    [Symbol.asyncDispose]: close,
  });
}

/** The approvals behind a gateway. */
export function openHttpApprovals(options: HttpClientOptions): ApprovalQueue {
  return new HttpApprovalQueue(new HttpClient(options));
}
