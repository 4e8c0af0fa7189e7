import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { Icon } from "../../parts/icons.js";
import type { EventRow } from "../../server/wire.js";
import { visible } from "../../text/visible.js";
import { conditions, FILTERS, isFiltered, parseTyped, toggled } from "../../url/filter.js";
import { setParams } from "../../url/location.js";
import { Suggestions } from "./suggestions.js";

/**
 * The conditions in force, and a box that takes more. Typing never waits: a key changes nothing but the box, and suggestions
 * follow, from rows that are here.
 */
export function FilterBar({ rows }: { readonly rows: ReadonlySignal<readonly EventRow[]> }): JSX.Element {
  const box = useRef<HTMLInputElement>(null);
  const hint = useSignal("");
  const add = (event: Event): void => {
    event.preventDefault();
    const typed = box.current?.value ?? "";
    const condition = parseTyped(typed);
    if (condition === undefined) {
      if (typed.trim() !== "") {
        hint.value = `Write member=value with one of ${FILTERS.map(({ label }) => label).join(", ")}, or /pointer=value.`;
      }
      return;
    }
    if (box.current !== null) box.current.value = "";
    hint.value = "";
    if (!isFiltered(condition.key, condition.value)) setParams(toggled(condition.key, condition.value));
  };
  return (
    <div class="filter-bar">
      <form role="search" aria-label="Filter events" onSubmit={add}>
        <Icon name="search" />
        <input
          ref={box}
          id="filter"
          list="filter-values"
          placeholder="tool=web_search  or  /arguments/user_id=mia"
          aria-label="Filter, such as tool=web_search"
          autocomplete="off"
          spellcheck={false}
          aria-describedby="filter-hint"
          onInput={() => {
            hint.value = "";
          }}
        />
        <kbd>/</kbd>
        <Suggestions id="filter-values" box={box} rows={rows} />
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
