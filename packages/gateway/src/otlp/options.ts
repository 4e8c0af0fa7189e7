import { StorageError } from "@agent-assembly/storage-core";
import { checkKeys, checkObject, describeShape, parseInteger } from "@agent-assembly/storage-core/backend";
import { parseRedaction, type RedactPayload } from "./redaction.js";

/** How spans, log records and metrics become what is stored. */
export interface OtlpOptions {
  /**
   * `known` keeps the attributes that describe an event, `all` what was said to models and by them, and attributes of unknown
   * names, too. @default "known"
   */
  readonly keepAttributes?: "known" | "all" | undefined;
  /**
   * Spans and log records that tell of no work of an agent, such as those of HTTP servers and databases: `drop` leaves them out
   * and counts them, `store` makes events with the actions `span` and `log` of them. @default "drop"
   */
  readonly unmapped?: "drop" | "store" | undefined;
  /**
   * UTF-8 bytes of JSON text, 1,024 to 67,108,864. A member of the payload, or an attribute, that takes more becomes
   * `{ "$truncated": { "bytes", "sha256", "head" } }`. @default 65,536
   */
  readonly maxMemberBytes?: number | undefined;
  /**
   * The same for the whole payload, of which the largest members are cut first. Not more than `limits.maxPayloadBytes` of the
   * store. @default 262,144
   */
  readonly maxPayloadBytes?: number | undefined;
  /**
   * What is never stored: JSON Pointers into the payload such as `/arguments/password`, and names of members at any depth such
   * as `api_key`, in upper or lower case. `"[redacted]"` stands in its place. @default none
   */
  readonly redact?: readonly string[] | undefined;
}

/** {@link OtlpOptions} with every default filled in. */
export interface ResolvedOtlpOptions {
  readonly keepAttributes: "known" | "all";
  readonly unmapped: "drop" | "store";
  readonly limits: { readonly memberBytes: number; readonly payloadBytes: number };
  readonly redact: RedactPayload | undefined;
}

const OPTION = "options.otlp";
const LEAST_BYTES = 1024;
const MOST_BYTES = 64 * 1024 * 1024;
const KEYS = ["keepAttributes", "unmapped", "maxMemberBytes", "maxPayloadBytes", "redact"];

/** @throws `invalid_argument` for an option that cannot be used */
export function parseOtlpOptions(options: OtlpOptions = {}): ResolvedOtlpOptions {
  checkObject(OPTION, options);
  checkKeys(OPTION, options, KEYS);
  const { keepAttributes, unmapped, maxMemberBytes = 64 * 1024, maxPayloadBytes = 256 * 1024, redact } = options;
  const bytes = (key: string, value: number): number =>
    parseInteger(`${OPTION}.${key}`, value, LEAST_BYTES, MOST_BYTES);
  return {
    keepAttributes: oneOf("keepAttributes", keepAttributes ?? "known", ["known", "all"]),
    unmapped: oneOf("unmapped", unmapped ?? "drop", ["drop", "store"]),
    limits: {
      memberBytes: bytes("maxMemberBytes", maxMemberBytes),
      payloadBytes: bytes("maxPayloadBytes", maxPayloadBytes),
    },
    redact: redact === undefined ? undefined : parseRedaction(`${OPTION}.redact`, redact),
  };
}

function oneOf<T extends string>(key: string, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  throw new StorageError({
    code: "invalid_argument",
    option: `${OPTION}.${key}`,
    message: `{option} must be ${allowed.map((one) => JSON.stringify(one)).join(" or ")}, got ${describeShape(value)}`,
  });
}
