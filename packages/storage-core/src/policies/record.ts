import type { JsonValue } from "../support/json.js";

/** The format of a policy's source. */
export type PolicyFormat = "yaml" | "json";

/** What `save` takes. */
export interface PolicyDocument {
  readonly name: string;
  /** The document's text; bytes must be UTF-8. Kept byte for byte. At most 1 MiB. */
  readonly source: string | Uint8Array;
  /** Default `yaml` (of which JSON is a subset). */
  readonly format?: PolicyFormat | undefined;
}

/** A stored version of a policy without its source. */
export interface PolicyVersionInfo {
  readonly name: string;
  /** 1, 2, 3, ... per name. */
  readonly version: number;
  readonly format: PolicyFormat;
  /** SHA-256 of the source bytes, lower-case hex. */
  readonly digest: string;
  /** Source bytes. */
  readonly size: number;
  readonly actor: string;
  readonly createdAt: Date;
}

/** A stored version of a policy with its source. Versions never change. */
export interface PolicyVersion extends PolicyVersionInfo {
  /** The bytes that were saved. */
  readonly source: Uint8Array;
  /** The parsed document. */
  readonly document: JsonValue;
}

/** One change of the active version of a policy. */
export interface PolicyActivation {
  readonly name: string;
  /** The version that was active before, or `null`. */
  readonly from: number | null;
  readonly to: number;
  readonly kind: "activate" | "rollback";
  readonly actor: string;
  readonly at: Date;
}

/** A policy by name: its latest version, and the active one, `null` if none is active. */
export interface PolicySummary {
  readonly name: string;
  readonly latest: number;
  readonly active: number | null;
}
