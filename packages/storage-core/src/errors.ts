import { maskSecrets } from "./secrets/mask.js";
import { safeCause } from "./secrets/safe-cause.js";

/**
 * The closed list of failure codes a storage call can end with.
 *
 * | code | meaning |
 * |---|---|
 * | `invalid_argument` | the caller passed something that can never work; fix the call |
 * | `too_large` | the call asks for more, or brings more, than one call may; ask in parts |
 * | `not_found` | the record a change refers to does not exist |
 * | `conflict` | a stale revision, a taken key, or a lost race |
 * | `unavailable` | the database cannot be reached |
 * | `timeout` | the database did not answer in time |
 * | `busy` | another writer holds the lock longer than the configured wait |
 * | `full` | no space left for the write |
 * | `permission_denied` | the file system or the database refuses access |
 * | `schema_outdated` | the database needs migrations first |
 * | `schema_newer` | the database was written by a newer version of this software |
 * | `migration_failed` | a migration could not be applied or does not match the recorded one |
 * | `retention_failed` | a retention step could not be completed |
 * | `unsupported` | this backend cannot do it; see its capabilities |
 * | `corrupt` | the stored data is damaged or is not ours |
 * | `closed` | the backend was closed before the call |
 * | `internal` | a defect in this software |
 */
export const STORAGE_ERROR_CODES = [
  "invalid_argument",
  "too_large",
  "not_found",
  "conflict",
  "unavailable",
  "timeout",
  "busy",
  "full",
  "permission_denied",
  "schema_outdated",
  "schema_newer",
  "migration_failed",
  "retention_failed",
  "unsupported",
  "corrupt",
  "closed",
  "internal",
] as const;

/** One of {@link STORAGE_ERROR_CODES}. */
export type StorageErrorCode = (typeof STORAGE_ERROR_CODES)[number];

/** Codes after which repeating the same call can succeed without changing anything else. */
const RETRYABLE: ReadonlySet<StorageErrorCode> = new Set(["unavailable", "timeout", "busy"]);

/** Under this key an error has what its message is composed of; also how {@link isStorageError} recognises it. */
const PARTS = Symbol.for("@agent-assembly/storage-error");

/** Stands for the name of the option in `message` and `remedy` of a {@link StorageErrorInit}. */
const OPTION = "{option}";

/** What an error is about: a server, a database file, a configuration file, and the place in it. */
export interface ErrorLocation {
  /** Such as `PostgreSQL`, `SQLite database` or `configuration file`. */
  readonly kind: string;
  /** `host:5432/database`, a path or a URL, without credentials; absent where the place is not known. */
  readonly place?: string | undefined;
  /** Counted from 1. */
  readonly line?: number | undefined;
  /** Counted from 1. */
  readonly column?: number | undefined;
}

/** What a {@link StorageError} is made of: plain data except for `cause`. */
export interface StorageErrorInit {
  readonly code: StorageErrorCode;
  /**
   * What happened, to what; never contains stored values or statement parameters. The error's own `message` adds
   * location and remedy. `{option}` stands for the name of the option.
   */
  readonly message: string;
  /** Path of the argument or option the error is about, such as `options.limits.maxAgeMs` or `events[3].ts`. */
  readonly option?: string | undefined;
  readonly location?: ErrorLocation | undefined;
  /** What to do: one or more full sentences. `{option}` stands for the name of the option. */
  readonly remedy?: string | undefined;
  /** The interface method, e.g. `audit.append`. */
  readonly operation?: string | undefined;
  /** The backend's `name`. */
  readonly backend?: string | undefined;
  /** Overrides the default for the code (`unavailable`, `timeout` and `busy` are retryable). */
  readonly retryable?: boolean | undefined;
  /** Of an error of another class, only its name, its codes and the names of what it is about are kept. */
  readonly cause?: unknown;
}

/** A {@link StorageError} as JSON; members without a value are absent from the text. */
export interface StorageErrorJson extends Omit<StorageErrorInit, "cause"> {
  readonly name: string;
  readonly retryable: boolean;
}

/**
 * The only error class this library throws on purpose. Recognise it with {@link isStorageError}. `message` is a complete
 * text for people; programs use the other members. In all texts the user info of URLs and the values of names such as
 * `password=` are masked.
 */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  /** True when repeating the same call can succeed. */
  readonly retryable: boolean;
  /** The interface method that failed, e.g. `audit.append`. */
  readonly operation: string | undefined;
  /** The `name` of the backend that failed. */
  readonly backend: string | undefined;
  /** Path of the argument or option the error is about, such as `options.limits.maxAgeMs` or `events[3].ts`. */
  readonly option: string | undefined;
  /** The server or file the error is about. */
  readonly location: ErrorLocation | undefined;
  /** What to do, in full sentences; `message` ends with it. */
  readonly remedy: string | undefined;

  constructor(init: StorageErrorInit) {
    super(
      maskSecrets(composeMessage(init)),
      init.cause === undefined ? undefined : { cause: isStorageError(init.cause) ? init.cause : safeCause(init.cause) },
    );
    this.name = "StorageError";
    this.code = init.code;
    this.retryable = init.retryable ?? RETRYABLE.has(init.code);
    this.operation = init.operation;
    this.backend = init.backend;
    this.option = masked(init.option);
    this.location = init.location?.place === undefined ? init.location : maskedLocation(init.location);
    this.remedy = masked(nameOption(init.remedy, init.option));
    const parts: Parts = { message: maskSecrets(init.message), remedy: masked(init.remedy) };
    Object.defineProperty(this, PARTS, { value: parts });
  }

  /** For `JSON.stringify`: all members, the message included, without stack and cause. */
  toJSON(): StorageErrorJson {
    const { name, code, message, option, location, remedy, operation, backend, retryable } = this;
    return { name, code, message, option, location, remedy, operation, backend, retryable };
  }
}

type Parts = Pick<StorageErrorInit, "message" | "remedy">;

function masked<T extends string | undefined>(text: T): T {
  return text === undefined ? text : (maskSecrets(text) as T);
}

/** The same object where there is nothing to mask. */
function maskedLocation(location: ErrorLocation): ErrorLocation {
  const place = masked(location.place);
  return place === location.place ? location : { ...location, place };
}

/** The only place that turns the parts of an error into a text: `location: what happened. Remedy.` */
function composeMessage({ message, option, location, remedy }: StorageErrorInit): string {
  const about = location === undefined ? "" : `${locationText(location)}: `;
  const advice = remedy === undefined ? "" : `${/[.?]$/.test(message) ? " " : ". "}${remedy}`;
  return nameOption(`${about}${message}${advice}`, option);
}

function locationText({ kind, place, line, column }: ErrorLocation): string {
  return [
    place === undefined ? kind : `${kind} ${place}`,
    ...(line === undefined ? [] : [`line ${line}`]),
    ...(column === undefined ? [] : [`column ${column}`]),
  ].join(", ");
}

function nameOption<T extends string | undefined>(text: T, option: string | undefined): T {
  return option === undefined ? text : (text?.replaceAll(OPTION, () => option) as T);
}

/** True for a {@link StorageError} of any installed copy of this package (`instanceof` is not). */
export function isStorageError(value: unknown, code?: StorageErrorCode): value is StorageError {
  return (
    typeof value === "object" &&
    value !== null &&
    (value as Record<symbol, unknown>)[PARTS] !== undefined &&
    (code === undefined || (value as StorageError).code === code)
  );
}

/**
 * What an error was made of. `new StorageError({ ...errorInit(error), option: "--path" })` is a copy that differs in one
 * member, with a message to match; without `cause` it can be sent to another thread and made an error again there.
 */
export function errorInit(error: StorageError): StorageErrorInit {
  const { code, option, location, operation, backend, retryable, cause } = error;
  const parts = (error as unknown as Record<symbol, unknown>)[PARTS];
  const { message, remedy }: Parts = typeof parts === "object" ? (parts as Parts) : { message: error.message };
  return { code, message, option, location, remedy, operation, backend, retryable, cause };
}

/**
 * An `invalid_argument` about one argument.
 * @param option path of the argument; the message begins with it
 * @param problem what is wrong, as the rest of the sentence: `must be a Date, got a string`
 * @param remedy full sentences
 */
export function invalidArgument(option: string, problem: string, remedy?: string): StorageError {
  return new StorageError({ code: "invalid_argument", option, message: `${OPTION} ${problem}`, remedy });
}

/** What {@link withContext} adds to an error. */
export interface ErrorContext {
  readonly operation: string;
  readonly backend: string;
  /** Added to errors about the database as a whole, and to those that name its kind without the place. */
  readonly location?: ErrorLocation | undefined;
}

/**
 * The same error with `operation`, `backend` and `location` filled in where they are missing; anything that is no
 * StorageError passes through `classify`, the backend's own table from driver errors to codes.
 */
export function withContext(
  error: unknown,
  context: ErrorContext,
  classify?: (error: unknown) => StorageError,
): StorageError {
  const { operation, backend } = context;
  const known = isStorageError(error) ? error : classify?.(error);
  if (known === undefined) {
    return new StorageError({
      code: "internal",
      message: `${operation} failed unexpectedly: ${error instanceof Error ? error.name : typeof error}`,
      operation,
      backend,
      cause: error,
    });
  }
  const location = locationOf(known, context);
  if (known.operation !== undefined && known.backend !== undefined && known.location === location) return known;
  return new StorageError({
    ...errorInit(known),
    operation: known.operation ?? operation,
    backend: known.backend ?? backend,
    location,
  });
}

/** Codes of errors about a database as a whole rather than about one call. */
const ABOUT_DATABASE: ReadonlySet<StorageErrorCode> = new Set([
  "schema_outdated",
  "schema_newer",
  "migration_failed",
  "unavailable",
  "timeout",
  "busy",
  "full",
]);

function locationOf({ code, location, backend }: StorageError, context: ErrorContext): ErrorLocation | undefined {
  if (context.location === undefined || (backend !== undefined && backend !== context.backend)) return location;
  if (location === undefined) return ABOUT_DATABASE.has(code) ? context.location : undefined;
  return location.place === undefined && location.kind === context.location.kind ? context.location : location;
}
