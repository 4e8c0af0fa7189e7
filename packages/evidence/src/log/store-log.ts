import { type StorageBackend, StorageError } from "@agent-assembly/storage-core";
import type { EvidenceLog, EvidenceSupport } from "@agent-assembly/storage-core/backend";

/** @throws `unsupported` */
export function evidenceOf({ evidenceSupport, name }: StorageBackend): EvidenceSupport {
  if (evidenceSupport !== undefined) return evidenceSupport;
  throw new StorageError({
    code: "unsupported",
    message: `a ${name} store keeps no evidence`,
    remedy: "Use a backend with the capability evidence.",
  });
}

/** A log of a store. @param number @default the newest one @throws `not_found` */
export async function requireLog(support: EvidenceSupport, number?: number): Promise<EvidenceLog> {
  const newest = await support.log();
  if (newest !== undefined && (number === undefined || number === newest.log)) return newest;
  if (newest !== undefined) {
    const found = (await support.logs()).find(({ log }) => log === number);
    if (found !== undefined) return found;
    const message = `this store has ${newest.log === 1 ? "one log" : `the logs 1 to ${newest.log}`}, and no log ${number}`;
    throw new StorageError({ code: "not_found", message });
  }
  throw new StorageError({
    code: "not_found",
    message: "the events of this store are not sealed",
    remedy: 'Call init of a sealer once, or run "aasm evidence init".',
  });
}
