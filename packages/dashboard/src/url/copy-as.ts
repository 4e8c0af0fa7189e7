import { apiUrl } from "../server/client.js";
import { conditions, FILTERS, fixedQuery } from "./filter.js";
import { linkWith } from "./location.js";
import { iso, range } from "./range.js";

// POSIX shells: everything inside single quotes is literal.
function quoted(text: string): string {
  return /^[\w./:=@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The link to what is on the screen; a range that ends now becomes the fixed one that is shown. */
export function asLink(): string {
  const { from, to } = range.value;
  return new URL(linkWith({ range: undefined, from: iso(from), to: iso(to) }), location.href).href;
}

/** A request of the API, for a shell. The token is read from the environment, so that none is copied. */
export function asCurl(path: string, query?: Parameters<typeof apiUrl>[1]): string {
  return `curl -s -H "Authorization: Bearer $AASM_TOKEN" ${quoted(apiUrl(path, query))}`;
}

/** The events on the screen, by the API. */
export function eventsAsCurl(): string {
  return asCurl("events", fixedQuery.value);
}

/** The events on the screen, by the command line. */
export function eventsAsAasm(): string {
  const words = conditions.value.map(({ key, value }) => {
    if (key === "dryRun") return value === "false" ? "--no-dry-run" : "--dry-run";
    const option = FILTERS.find((filter) => filter.key === key)?.option;
    return `${option}${value.startsWith("-") ? "=" : " "}${quoted(value)}`;
  });
  const { from, to } = range.value;
  return ["aasm audit query", ...words, `--from ${iso(from)}`, `--to ${iso(to)}`].join(" ");
}
