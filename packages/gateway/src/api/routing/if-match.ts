import { isStorageError } from "@agent-assembly/storage-core";
import { ProblemError, problem, problemOf } from "../../http/problem.js";

/**
 * The revision or version that `If-Match` names.
 * @returns `undefined` without the header, and for `*`
 * @throws ProblemError 400 for anything but one entity tag of this API
 */
export function parseIfMatch(headers: Headers): number | undefined {
  const value = headers.get("if-match")?.trim();
  if (value === undefined || value === "*") return undefined;
  const digits = /^(?:"(\d{1,15})"|(\d{1,15}))$/.exec(value);
  if (digits !== null) return Number(digits[1] ?? digits[2]);
  throw problem("invalid_argument", 'If-Match must be one entity tag of this API, such as "3", or *', {
    option: "If-Match",
  });
}

/**
 * Makes a change that `If-Match` may bind to what the client saw.
 * @param current reads the revision or version as it is now, after the change was refused
 * @throws ProblemError 412 when it is another one than `If-Match` says, with the current one; else what `change` throws
 */
export async function changeIfMatch<T>(
  expected: number | undefined,
  change: () => Promise<T>,
  current: () => Promise<number | undefined>,
): Promise<T> {
  try {
    return await change();
  } catch (error) {
    if (expected === undefined || !isStorageError(error, "conflict")) throw error;
    const now = await current();
    if (now === expected) throw error;
    throw new ProblemError({
      ...problemOf(error),
      status: 412,
      ...(now !== undefined && { extensions: { current: now } }),
    });
  }
}
