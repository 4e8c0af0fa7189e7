import type { JsonValue } from "../support/json.js";
import type { PolicyActivation, PolicyVersion, PolicyVersionInfo } from "./record.js";

/** What backends store of a version besides its contents: the time in milliseconds. */
export interface StoredPolicyVersionInfo extends Omit<PolicyVersionInfo, "createdAt"> {
  readonly createdAt: number;
}

/** A version as backends store it: the parsed document as JSON text. */
export interface StoredPolicyVersion extends StoredPolicyVersionInfo {
  readonly source: Uint8Array;
  readonly document: string;
}

/** An activation as backends store it: the time in milliseconds. */
export interface StoredPolicyActivation extends Omit<PolicyActivation, "at"> {
  readonly at: number;
}

/** The public form of a stored version; shares nothing with it. */
export function toPolicyVersion(stored: StoredPolicyVersion): PolicyVersion {
  return {
    ...toPolicyVersionInfo(stored),
    source: Uint8Array.from(stored.source),
    document: JSON.parse(stored.document) as JsonValue,
  };
}

/** The public form of a stored version, without its contents. */
export function toPolicyVersionInfo(stored: StoredPolicyVersionInfo): PolicyVersionInfo {
  const { name, version, format, digest, size, author, createdAt } = stored;
  return { name, version, format, digest, size, author, createdAt: new Date(createdAt) };
}

/** The public form of a stored activation. */
export function toPolicyActivation(stored: StoredPolicyActivation): PolicyActivation {
  const { name, from, to, kind, actor, at } = stored;
  return { name, from, to, kind, actor, at: new Date(at) };
}
