/**
 * What the process ends with: `problem` when the command found or met one, `usage` when it was called wrongly, `unchecked` when
 * evidence could not be checked, which says nothing about it.
 */
export const EXIT = { ok: 0, problem: 1, usage: 2, unchecked: 3, interrupted: 130 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** The command line cannot be understood; says what was given, what is allowed and what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
