import type { PolicyChange } from "@agent-assembly/storage-core/memory";

type Version = NonNullable<PolicyChange["newVersion"]>;

/** A {@link PolicyChange} whose only bytes, the source of a version, are text. */
export interface PolicyLine extends Omit<PolicyChange, "newVersion"> {
  readonly newVersion?: Omit<Version, "source"> & { readonly source: string };
}

/** @returns what `JSON.stringify` keeps whole */
export function toPolicyLine({ newVersion, ...change }: PolicyChange): PolicyLine {
  if (newVersion === undefined) return change;
  return { ...change, newVersion: { ...newVersion, source: Buffer.from(newVersion.source).toString("base64") } };
}

/** The change that a line stands for. */
export function fromPolicyLine({ newVersion, ...change }: PolicyLine): PolicyChange {
  if (newVersion === undefined) return change;
  return { ...change, newVersion: { ...newVersion, source: Buffer.from(newVersion.source, "base64") } };
}
