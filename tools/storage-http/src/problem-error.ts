import { STORAGE_ERROR_CODES, StorageError, type StorageErrorCode } from "@agent-assembly/storage-core";

/** What an answer says of an error. */
export interface Problem {
  readonly code: string;
  readonly detail: string;
  readonly retryable: boolean;
  readonly option?: string;
  readonly remedy?: string;
}

/** Codes that only HTTP has. */
const OTHERS: Readonly<Record<string, StorageErrorCode>> = {
  unauthenticated: "permission_denied",
  forbidden: "permission_denied",
  rate_limited: "busy",
};

/**
 * The error of the store that a problem stands for.
 * @param argument of the store's method; the API names its members without it
 */
export function problemError({ code, detail, retryable, option, remedy }: Problem, argument?: string): StorageError {
  const named = option === undefined || argument === undefined ? option : nameOf(option, argument);
  return new StorageError({
    code: (STORAGE_ERROR_CODES as readonly string[]).includes(code)
      ? (code as StorageErrorCode)
      : (OTHERS[code] ?? "internal"),
    message: option === undefined ? detail : detail.replace(option, () => "{option}"),
    retryable,
    ...(named !== undefined && { option: named }),
    ...(remedy !== undefined && { remedy }),
  });
}

/** The limits of a store are its own options, whatever the method. */
function nameOf(option: string, argument: string): string {
  return `${option.startsWith("limits.") ? "options" : argument}.${option}`;
}
