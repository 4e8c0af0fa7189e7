import { createHash } from "node:crypto";
import { invalidArgument } from "../errors.js";
import { describeShape } from "./describe.js";

const VERSION = 1;
const CHECK_BYTES = 6;

/** The place a page ended: the key of its last item. */
export type CursorPosition = readonly (string | number)[];

/**
 * Makes an opaque cursor.
 * @param scope everything the position is only valid with: the collection, its filter and its order
 */
export function encodeCursor(scope: string, position: CursorPosition): string {
  const body = Buffer.from(JSON.stringify([VERSION, digest(scope).toString("base64url"), ...position]));
  return Buffer.concat([digest(body), body]).toString("base64url");
}

/** @throws `invalid_argument` for a damaged cursor, one of another version, or one of another scope */
export function decodeCursor(scope: string, cursor: unknown): CursorPosition {
  if (typeof cursor !== "string") {
    throw invalidArgument("cursor", `must be the "next" of an earlier page, got ${describeShape(cursor)}`);
  }
  const bytes = Buffer.from(cursor, "base64url");
  const body = bytes.subarray(CHECK_BYTES);
  const intact =
    bytes.length > CHECK_BYTES &&
    bytes.toString("base64url") === cursor &&
    digest(body).equals(bytes.subarray(0, CHECK_BYTES));
  if (!intact) {
    throw invalidArgument("cursor", "is damaged, or was not made by this software", "Start again without a cursor.");
  }
  const [version, scopeDigest, ...position] = JSON.parse(body.toString()) as [number, string, ...(string | number)[]];
  if (version !== VERSION) {
    throw invalidArgument(
      "cursor",
      `has version ${version}, this software reads ${VERSION}`,
      "Start again without a cursor.",
    );
  }
  if (scopeDigest !== digest(scope).toString("base64url")) {
    throw invalidArgument(
      "cursor",
      "belongs to another filter or order",
      "Pass the same ones, or start without a cursor.",
    );
  }
  return position;
}

function digest(data: string | Buffer): Buffer {
  return createHash("sha256").update(data).digest().subarray(0, CHECK_BYTES);
}
