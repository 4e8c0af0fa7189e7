import { canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import { parseCanonicalJson, recordOf } from "../folder/canonical.js";
import { timeOf } from "../folder/event-line.js";
import { fromBase64, shown, toBase64 } from "../support/bytes.js";

/** That a checkpoint was put where the log's operator cannot take it back, or was seen by another party. */
export interface AnchorReceipt {
  /** The kind of anchor: `file`, `s3-lock`, `rfc3161`, `witness`, or one of yours. */
  readonly anchor: string;
  readonly at: Date;
  /** The signed note that was put; with the signatures of witnesses where they gave some. */
  readonly checkpoint: string;
  /** What the anchor gave for it, such as a time-stamp token; absent where it gives nothing. */
  readonly token?: Uint8Array;
  /** Where it is: a folder, or a URL without secrets. */
  readonly where: string;
}

/** The text of a receipt as exports and stores keep it: canonical JSON. */
export function encodeReceipt({ anchor, at, checkpoint, token, where }: AnchorReceipt): string {
  return canonicalJson({
    anchor,
    at: at.toISOString(),
    checkpoint,
    token: token === undefined ? null : toBase64(token),
    where,
  });
}

/** @returns `undefined` for a text in another form */
export function parseReceipt(text: string): AnchorReceipt | undefined {
  const line = recordOf(parseCanonicalJson(text), ["anchor", "at", "checkpoint", "token", "where"]);
  if (line === undefined) return undefined;
  const { anchor, checkpoint, where } = line;
  const at = timeOf(line.at);
  const token = tokenOf(line.token);
  if (typeof anchor !== "string" || typeof checkpoint !== "string" || typeof where !== "string") return undefined;
  if (at === undefined || token === undefined) return undefined;
  return { anchor, at, checkpoint, where, ...(token === null ? {} : { token }) };
}

/** The receipt as a message names it. */
export function receiptName({ anchor, where }: Pick<AnchorReceipt, "anchor" | "where">): string {
  return `the ${shown(anchor)} anchor ${shown(where)}`;
}

function tokenOf(value: JsonValue): Uint8Array | null | undefined {
  if (value === null) return null;
  return typeof value === "string" ? fromBase64(value) : undefined;
}
