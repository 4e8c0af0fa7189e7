import { isStorageError, type StorageError } from "../../errors.js";
import type { PolicyActivation } from "../../policies/record.js";
import type { PolicyStore } from "../../policies/store.js";
import type { PolicyCache } from "./cache.js";

/** Options of {@link announcing}. */
export interface AnnouncingOptions {
  /** Called when a change was stored but could not be announced; the cache's `health` reports it too. */
  readonly onUnannounced?: ((name: string, error: StorageError) => void) | undefined;
}

/**
 * Wraps a policy store so that activations and rollbacks invalidate the cached policy in every connected process before
 * they resolve. A stored change never fails because it could not be announced.
 */
export function announcing(
  store: PolicyStore,
  cache: Pick<PolicyCache, "invalidate">,
  options: AnnouncingOptions = {},
): PolicyStore {
  const announce = async (name: string): Promise<void> => {
    try {
      await cache.invalidate(name);
    } catch (error) {
      if (!isStorageError(error)) throw error;
      options.onUnannounced?.(name, error);
    }
  };
  const announced = async (name: string, change: Promise<PolicyActivation>): Promise<PolicyActivation> => {
    try {
      const activation = await change;
      await announce(name);
      return activation;
    } catch (error) {
      // Whether the change took effect is unknown.
      if (isStorageError(error) && error.retryable) await announce(name);
      throw error;
    }
  };
  return {
    save: (document, saving) => store.save(document, saving),
    activate: (name, version, activating) => announced(name, store.activate(name, version, activating)),
    rollback: (name, activating) => announced(name, store.rollback(name, activating)),
    active: (name) => store.active(name),
    get: (name, version) => store.get(name, version),
    versions: (name) => store.versions(name),
    activations: (name) => store.activations(name),
    list: () => store.list(),
  };
}
