import { type PolicyVersion, StorageError } from "@agent-assembly/storage-core";
import { parseInteger } from "../../args/values.js";

const MAX_VERSION = 2_147_483_647;

/** A policy version on the command line. @throws UsageError */
export function parseVersion(option: string, text: string, min = 1): number {
  return parseInteger(option, text, min, MAX_VERSION);
}

/** `none` is `null`, the value for "no version is active". @throws UsageError */
export function parseExpectedActive(text: string | undefined): number | null | undefined {
  if (text === undefined) return undefined;
  return text === "none" ? null : parseVersion("--expected-active", text);
}

/** Its document as text, in which every byte has its place: a byte order mark stays. */
export function sourceText({ source }: PolicyVersion): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(source);
}

/** `not_found` that says where the names are listed. */
export function unknownPolicy(name: string, backend: string): StorageError {
  return new StorageError({
    code: "not_found",
    message: `there is no policy ${JSON.stringify(name)}`,
    remedy: "Run aasm policy list to see the policies.",
    operation: "policies",
    backend,
  });
}

/** `not_found` that says where the versions are listed. */
export function unknownVersion(name: string, version: number, backend: string): StorageError {
  return new StorageError({
    code: "not_found",
    message: `policy ${JSON.stringify(name)} has no version ${version}`,
    remedy: "Run aasm policy history to see its versions.",
    operation: "policies.get",
    backend,
  });
}
