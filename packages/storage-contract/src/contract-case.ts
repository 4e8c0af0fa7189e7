import type { CapabilityName, StorageBackend } from "@agent-assembly/storage-core";
import type { CreateOptions, StorageHarness } from "./harness.js";

/** What a case works with. */
export interface CaseContext {
  readonly harness: StorageHarness;
  /** The store of this case: fresh and empty, created on first use with the default options. */
  storage(options?: CreateOptions): Promise<StorageBackend>;
}

/** One case of the contract: a behaviour that every backend must show. */
export interface ContractCase {
  /** Stable; `<role>.<subject>.<what>` in kebab-case. */
  readonly id: string;
  /** One sentence that says what must hold. */
  readonly title: string;
  /** Runs where this capability is supported or degraded; elsewhere `refusal` runs instead, never nothing. */
  readonly requires?: CapabilityName;
  run(context: CaseContext): Promise<void>;
  /** What must hold where the required capability is unsupported. */
  refusal?(context: CaseContext): Promise<void>;
}

/** Keeps ids literal, so that exclusions can be checked by the compiler. */
export function defineCases<const Cases extends readonly ContractCase[]>(cases: Cases): Cases {
  return cases;
}
