import { packageVersion } from "@agent-assembly/storage-core/backend";

/** This package's version, from its own package.json. */
export function readVersion(): string {
  return packageVersion(() => new URL("../package.json", import.meta.url));
}
