import { type ErrorLocation, isStorageError } from "@agent-assembly/storage-core";
import { maskSecrets, safeCause } from "@agent-assembly/storage-core/backend";
import { EXIT, type ExitCode, UsageError } from "./exit.js";
import { escapeLines, oneLine } from "./terminal/escape.js";
import { formatJson, formatJsonLine } from "./terminal/json.js";

export interface ErrorReport {
  readonly text: string;
  readonly exitCode: ExitCode;
}

interface Described {
  readonly code: string;
  readonly message: string;
  readonly operation?: string | undefined;
  readonly backend?: string | undefined;
  readonly retryable?: boolean;
  readonly option?: string | undefined;
  readonly location?: ErrorLocation | undefined;
  readonly remedy?: string | undefined;
}

/** What stderr says about a failure: one line, or with `--json` an object; the stack only with `--debug`. */
export function reportError(error: unknown, options: { readonly json: boolean; readonly debug: boolean }): ErrorReport {
  const described = describe(error);
  const stack = options.debug ? stackOf(error) : undefined;
  const exitCode = error instanceof UsageError ? EXIT.usage : EXIT.problem;
  if (options.json) {
    return { text: `${formatJson({ error: stack === undefined ? described : { ...described, stack } })}\n`, exitCode };
  }
  const line = `aasm: ${described.code === "usage" ? "" : `${described.code}: `}${described.message}`;
  return { text: `${escapeLines(stack === undefined ? line : `${line}\n${stack}`)}\n`, exitCode };
}

/** What stderr says of a configuration that may not be as intended: a line each, or with `--json` an object each. */
export function reportWarnings(warnings: readonly Error[], options: { readonly json: boolean }): string {
  return warnings
    .map((warning) => {
      const { code: _, ...described } = describe(warning);
      if (options.json) return `${formatJsonLine({ warning: described })}\n`;
      return `${escapeLines(`aasm: warning: ${described.message}`)}\n`;
    })
    .join("");
}

function describe(error: unknown): Described {
  if (error instanceof UsageError) return { code: "usage", message: maskSecrets(error.message) };
  if (isStorageError(error)) {
    const { code, message, operation, backend, retryable, option, location, remedy } = error;
    return { code, message: oneLine(message), operation, backend, retryable, option, location, remedy };
  }
  const system = (error as NodeJS.ErrnoException | null)?.code;
  const message = error instanceof Error ? oneLine(maskSecrets(error.message)) : "failed in an unexpected way";
  return { code: typeof system === "string" ? system : "internal", message };
}

/** Its own message was masked before; of any other error only where it happened is shown. */
function stackOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  return isStorageError(error) ? error.stack : safeCause(error).stack;
}
