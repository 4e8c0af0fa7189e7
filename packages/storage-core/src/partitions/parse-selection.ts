import type { AuditTextField } from "../audit/columns.js";
import { matchesAuditFilter, type ParsedAuditFilter, parseAuditFilter, textBytes } from "../audit/filter.js";
import type { AuditEventRow } from "../audit/row.js";
import type { AuditFilter } from "../audit/store.js";
import { invalidArgument } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { checkKeys, checkObject } from "../support/input.js";
import { checkBytes, checkCount, REQUEST_LIMITS } from "../support/request-limits.js";
import type { Dataset } from "./partition.js";
import type { Selection } from "./selection.js";

/** A checked selection. */
export interface ParsedSelection {
  /** Absent: all rows; empty: none. */
  readonly only: readonly ParsedAuditFilter[] | undefined;
  readonly except: readonly ParsedAuditFilter[];
}

const METRIC_KEYS: readonly (AuditTextField | "from" | "to")[] = ["agentId", "teamId", "from", "to"];

/** @param what names the selection in errors. @throws `invalid_argument`, `too_large` */
export function parseSelection(what: string, selection: Selection, dataset: Dataset): ParsedSelection {
  checkObject(what, selection);
  checkKeys(what, selection, ["only", "except"]);
  const { only, except } = selection;
  const parsed: ParsedSelection = {
    only: only === undefined ? undefined : parseFilters(`${what}.only`, only, dataset),
    except: except === undefined ? [] : parseFilters(`${what}.except`, except, dataset),
  };
  const bytes = [...(parsed.only ?? []), ...parsed.except].reduce((sum, filter) => sum + textBytes(filter), 0);
  checkBytes(what, "holds texts of", bytes, REQUEST_LIMITS.selectionBytes, "Select in parts.");
  return parsed;
}

function parseFilters(what: string, filters: unknown, dataset: Dataset): ParsedAuditFilter[] {
  if (!Array.isArray(filters))
    throw invalidArgument(what, `must be an array of filters, got ${describeShape(filters)}`);
  checkCount(what, "filters", filters.length, REQUEST_LIMITS.selectionFilters, "Select in parts.");
  // Not map(), which passes over holes.
  return Array.from(filters as unknown[], (filter, index) => {
    const name = `${what}[${index}]`;
    checkObject(name, filter);
    if (dataset === "metrics") checkKeys(name, filter, METRIC_KEYS);
    return parseAuditFilter(filter as AuditFilter, name);
  });
}

export function matchesSelection(selection: ParsedSelection | undefined, event: AuditEventRow): boolean {
  if (selection === undefined) return true;
  const { only, except } = selection;
  return (
    (only === undefined || only.some((filter) => matchesAuditFilter(filter, event))) &&
    !except.some((filter) => matchesAuditFilter(filter, event))
  );
}
