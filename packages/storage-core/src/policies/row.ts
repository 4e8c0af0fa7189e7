import type { JsonValue } from "../support/json.js";
import type { PolicyActivation, PolicyVersion, PolicyVersionInfo } from "./record.js";

/** What backends store of a version besides its contents: the time in milliseconds. */
export interface PolicyVersionInfoRow extends Omit<PolicyVersionInfo, "createdAt"> {
  readonly createdAt: number;
}

/** A version as backends store it: the parsed document as JSON text. */
export interface PolicyVersionRow extends PolicyVersionInfoRow {
  readonly source: Uint8Array;
  readonly document: string;
}

/** An activation as backends store it: the time in milliseconds. */
export interface PolicyActivationRow extends Omit<PolicyActivation, "at"> {
  readonly at: number;
}

/** The public form of a stored version; shares nothing with it. */
export function toPolicyVersion(stored: PolicyVersionRow): PolicyVersion {
  return {
    ...toPolicyVersionInfo(stored),
    source: Uint8Array.from(stored.source),
    document: JSON.parse(stored.document) as JsonValue,
  };
}

/** The public form of a stored version, without its contents. */
export function toPolicyVersionInfo(stored: PolicyVersionInfoRow): PolicyVersionInfo {
  const { name, version, format, digest, size, actor, createdAt } = stored;
  return { name, version, format, digest, size, actor, createdAt: new Date(createdAt) };
}

/** The public form of a stored activation. */
export function toPolicyActivation(stored: PolicyActivationRow): PolicyActivation {
  const { name, from, to, kind, actor, at } = stored;
  return { name, from, to, kind, actor, at: new Date(at) };
}
