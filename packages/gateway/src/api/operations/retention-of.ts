import { StorageError } from "@agent-assembly/storage-core";
import type { GatewayContext } from "../../context.js";
import type { RetentionControl } from "../../retention.js";

/** @throws StorageError `unsupported` for a gateway without a retention policy */
export function retentionOf({ retention }: GatewayContext): RetentionControl {
  if (retention !== undefined) return retention;
  throw new StorageError({
    code: "unsupported",
    message: "this gateway was started without a retention policy",
    remedy: "Start it with aasm serve, which takes the policy from the configuration.",
  });
}
