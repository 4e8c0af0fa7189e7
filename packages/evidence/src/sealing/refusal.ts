import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import type { Finding } from "../findings.js";

/** Sealing stops: what is known of the log contradicts the store. A `StorageError` of code `conflict`. */
export class SealingRefusal extends StorageError {
  readonly finding: Finding;

  constructor(finding: Finding, remedy: string) {
    super({ code: "conflict", message: `${finding.code}: ${finding.detail}; nothing is signed`, remedy });
    this.finding = finding;
  }
}

/** True for a {@link SealingRefusal} of any installed copy of this package. */
export function isSealingRefusal(value: unknown): value is SealingRefusal {
  return isStorageError(value) && (value as Partial<SealingRefusal>).finding !== undefined;
}
