import type { AuditFilter } from "../audit/store.js";
import { canonicalJson } from "../support/canonical-json.js";
import type { JsonValue } from "../support/json.js";
import type { Selection } from "./selection.js";

/**
 * A selection as the text that a catalog keeps: equal selections give equal texts, and escapes keep what text columns cannot
 * hold.
 */
export function encodeSelection(selection: Selection): string {
  // JSON.stringify writes times in ISO 8601 and leaves out absent members.
  return canonicalJson(JSON.parse(JSON.stringify(selection)) as JsonValue);
}

/** The selection that {@link encodeSelection} was given. */
export function decodeSelection(text: string): Selection {
  const { only, except } = JSON.parse(text) as StoredSelection;
  return { ...(only && { only: only.map(filterOf) }), ...(except && { except: except.map(filterOf) }) };
}

type StoredFilter = Omit<AuditFilter, "from" | "to"> & { readonly from?: string; readonly to?: string };

interface StoredSelection {
  readonly only?: readonly StoredFilter[];
  readonly except?: readonly StoredFilter[];
}

function filterOf({ from, to, ...rest }: StoredFilter): AuditFilter {
  return {
    ...rest,
    ...(from !== undefined && { from: new Date(from) }),
    ...(to !== undefined && { to: new Date(to) }),
  };
}
