import type { ErrorLocation } from "@agent-assembly/storage-core";
import { fileError } from "@agent-assembly/storage-core/backend";

/** Runs file system work and converts its errors. */
export async function onDisk<T>(about: string | ErrorLocation, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw fileError(error, about);
  }
}
