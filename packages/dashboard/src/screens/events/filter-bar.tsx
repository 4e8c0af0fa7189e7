import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Icon } from "../../parts/icons.js";
import type { EventRow } from "../../server/wire.js";
import { visible } from "../../text/visible.js";
import { conditions, FILTERS, type FilterKey, isFiltered, parseTyped, toggled } from "../../url/filter.js";
import { setParams } from "../../url/location.js";

/** Suggestions are taken from this many rows. */
const LOOKED_AT = 400;

/** The conditions in force, and a box that takes more. Typing never waits: suggestions come from rows that are here. */
export function FilterBar({ rows }: { readonly rows: readonly EventRow[] }): JSX.Element {
  const typed = useSignal("");
  const hint = useSignal("");
  const add = (event: Event): void => {
    event.preventDefault();
    const condition = parseTyped(typed.value);
    if (condition === undefined) {
      if (typed.value.trim() !== "") {
        hint.value = `Write member=value with one of ${FILTERS.map(({ label }) => label).join(", ")}, or /pointer=value.`;
      }
      return;
    }
    typed.value = "";
    hint.value = "";
    if (!isFiltered(condition.key, condition.value)) setParams(toggled(condition.key, condition.value));
  };
  return (
    <div class="filter-bar">
      <form role="search" aria-label="Filter events" onSubmit={add}>
        <Icon name="search" />
        <input
          id="filter"
          list="filter-values"
          placeholder="tool=web_search  or  /arguments/user_id=mia"
          aria-label="Filter, such as tool=web_search"
          autocomplete="off"
          spellcheck={false}
          value={typed.value}
          aria-describedby="filter-hint"
          onInput={(event) => {
            typed.value = event.currentTarget.value;
            hint.value = "";
          }}
        />
        <kbd>/</kbd>
        <datalist id="filter-values">{typed.value !== "" && suggestions(rows, typed.value)}</datalist>
      </form>
      <p id="filter-hint" class="hint" role="status">
        {hint.value}
      </p>
      {conditions.value.length > 0 && (
        <ul class="chips" aria-label="Conditions">
          {conditions.value.map(({ key, label, value }) => (
            <li key={`${key} ${value}`}>
              <button type="button" class="chip" title="Remove" onClick={() => setParams(toggled(key, value))}>
                <span class="chip-key">{label}</span> {visible(value)} <Icon name="close" />
                <span class="unseen">remove</span>
              </button>
            </li>
          ))}
          {conditions.value.length > 1 && (
            <li>
              <button
                type="button"
                class="link"
                onClick={() => setParams(Object.fromEntries(FILTERS.map(({ key }) => [key, undefined])))}
              >
                clear
              </button>
            </li>
          )}
        </ul>
      )}
    </div>
  );
}

function suggestions(rows: readonly EventRow[], typed: string): JSX.Element[] {
  const wanted = typed.toLowerCase();
  const found = new Set<string>();
  for (const row of rows.slice(0, LOOKED_AT)) {
    for (const { key, label } of FILTERS) {
      const value = memberOf(row, key);
      if (value === undefined) continue;
      const text = `${label}=${value}`;
      if (text.toLowerCase().includes(wanted)) found.add(text);
    }
    if (found.size >= 12) break;
  }
  return [...found].map((text) => <option key={text} value={text} />);
}

function memberOf(row: EventRow, key: FilterKey): string | undefined {
  if (key === "payload" || key === "eventId") return undefined;
  const value = row[key];
  return value === undefined ? undefined : String(value);
}
