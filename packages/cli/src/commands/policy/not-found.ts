import { StorageError } from "@agent-assembly/storage-core";

export function unknownPolicy(name: string, backend: string): StorageError {
  return new StorageError({
    code: "not_found",
    message: `there is no policy ${JSON.stringify(name)}; aasm policy list shows those there are`,
    operation: "policies",
    backend,
  });
}

export function unknownVersion(name: string, version: number, backend: string): StorageError {
  return new StorageError({
    code: "not_found",
    message: `policy ${JSON.stringify(name)} has no version ${version}; aasm policy history shows those it has`,
    operation: "policies.get",
    backend,
  });
}
