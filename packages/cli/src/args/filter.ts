import type { AuditFilter, JsonScalar } from "@agent-assembly/storage-core";
import { parseJsonPointer } from "@agent-assembly/storage-core/backend";
import { UsageError } from "../exit.js";
import { TEXT_COLUMNS, type TextLabel } from "./event-labels.js";
import { parseTime } from "./time.js";

/** The filter options every `audit` command shares, as commander hands them over. */
export interface FilterOptions extends Readonly<Partial<Record<TextLabel, string[]>>> {
  readonly dryRun?: boolean;
  readonly payload?: string[];
  readonly from?: string;
  readonly to?: string;
}

/** @throws UsageError */
export function toFilter(options: FilterOptions, now: number): AuditFilter {
  const filter: AuditFilter = {
    ...Object.fromEntries(TEXT_COLUMNS.map(({ member, label }) => [member, options[label]])),
    dryRun: options.dryRun,
    payload: options.payload === undefined ? undefined : parsePayloadConditions(options.payload),
    from: options.from === undefined ? undefined : parseTime("--from", options.from, now),
    to: options.to === undefined ? undefined : parseTime("--to", options.to, now),
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined));
}

/**
 * `/pointer=value` conditions. The value is read as JSON where it is a JSON scalar (`5`, `true`, `null`, `"5"`), and as
 * plain text otherwise.
 * @throws UsageError
 */
export function parsePayloadConditions(texts: readonly string[]): Record<string, JsonScalar> {
  const conditions: Record<string, JsonScalar> = {};
  for (const text of texts) {
    const equals = text.indexOf("=");
    const pointer = equals === -1 ? text : text.slice(0, equals);
    if (equals === -1 || parseJsonPointer(pointer) === undefined) {
      throw new UsageError(
        `--payload is ${JSON.stringify(text)}; allowed: a JSON Pointer, = and a value, such as /arguments/user_id=mia_li_3668`,
      );
    }
    if (Object.hasOwn(conditions, pointer))
      throw new UsageError(`--payload names ${pointer} twice; one value per pointer`);
    conditions[pointer] = scalar(text.slice(equals + 1));
  }
  return conditions;
}

function scalar(text: string): JsonScalar {
  try {
    const value: unknown = JSON.parse(text);
    if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean")
      return value;
  } catch {
    // Not JSON: an unquoted text, the usual case.
  }
  return text;
}
