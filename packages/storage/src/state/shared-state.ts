import { type OpenOptions, StorageError } from "@agent-assembly/storage-core";
import type { StateBackend, StateKind, StateSupport } from "@agent-assembly/storage-core/state";
import type { ModuleImporter } from "../backends/load-module.js";
import { type BackendTarget, loadTarget, present } from "../load-target.js";

/** How long a permanent error is returned without a new attempt. */
const RETRY_AFTER_MS = 5000;

/**
 * Loads the module that keeps hot-path state apart from the store, and checks that it does.
 * @throws `unsupported` when its package is not installed, or keeps no such state; `invalid_argument`
 */
export async function loadSharedState(
  target: BackendTarget,
  load: ModuleImporter,
  tokenKey: OpenOptions["tokenKey"],
): Promise<SharedState> {
  const { module, options } = await loadTarget(target, load);
  const { name, state } = module;
  if (state !== undefined) {
    const kinds = new Set(state.kinds);
    // Only lists of approvals have cursors.
    const signing = kinds.has("approvals") ? present({ tokenKey }) : {};
    return new SharedState(name, kinds, async () => state.open({ ...signing, ...options }));
  }
  throw new StorageError({
    code: "unsupported",
    message: `the backend ${name} keeps no policy cache, approvals or rate limits apart from a store; name another one in state.backend`,
    operation: "open",
  });
}

/** Hot-path state apart from the store, for all ports; opened on first use. */
export class SharedState {
  #opening: Promise<StateBackend> | undefined;
  #failedAt: number | undefined;

  constructor(
    readonly name: string,
    private readonly kinds: ReadonlySet<StateKind>,
    private readonly connect: () => Promise<StateBackend>,
  ) {}

  /** Whether this kind is kept here. */
  has(kind: StateKind): boolean {
    return this.kinds.has(kind);
  }

  /**
   * One port, from the opened backend.
   * @throws `invalid_argument`, `permission_denied`, `unsupported`
   */
  async port<M extends "openApprovals" | "openRateLimiter" | "openPolicyCache">(
    method: M,
    ...args: Parameters<NonNullable<StateSupport[M]>>
  ): Promise<ReturnType<NonNullable<StateSupport[M]>>> {
    const again = this.#failedAt !== undefined && performance.now() - this.#failedAt > RETRY_AFTER_MS;
    if (this.#opening === undefined || again) this.#opening = this.#open();
    const opened = await this.#opening;
    const open = opened[method] as ((...args: unknown[]) => ReturnType<NonNullable<StateSupport[M]>>) | undefined;
    if (open !== undefined) return open.apply(opened, args);
    throw new StorageError({
      code: "unsupported",
      message: `the backend ${this.name} declares the state, but has no ${method}; update its package`,
    });
  }

  async close(): Promise<void> {
    // If opening failed, there is nothing to close.
    await (await this.#opening?.catch(() => undefined))?.close();
  }

  async #open(): Promise<StateBackend> {
    this.#failedAt = undefined;
    try {
      return await this.connect();
    } catch (error) {
      this.#failedAt = performance.now();
      throw error;
    }
  }
}
