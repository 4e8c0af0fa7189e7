import { invalidArgument, isStorageError } from "../errors.js";
import { decodeCursor } from "../support/cursor.js";

/**
 * The number in a position of commit order.
 * @param scope what the backend makes the positions of its tails with
 * @throws `invalid_argument` for a damaged position, one of another version, or one of another kind of store
 */
export function decodePosition(scope: string, asOf: string): number {
  try {
    const [sequence] = decodeCursor(scope, asOf);
    if (Number.isSafeInteger(sequence)) return sequence as number;
  } catch (error) {
    if (!isStorageError(error)) throw error;
  }
  throw invalidArgument(
    "options.asOf",
    `is damaged, or not a position in this kind of store (a string of ${asOf.length} characters)`,
    "Measure the partition again.",
  );
}
