import { type ReadonlySignal, useSignal } from "@preact/signals";
import type { JSX, RefObject } from "preact";
import { useEffect } from "preact/hooks";
import type { EventRow } from "../../server/wire.js";
import { FILTERS, type FilterKey } from "../../url/filter.js";

/** Suggestions are taken from this many rows. */
const LOOKED_AT = 400;
/** How many are made at a time. */
const MOST = 12;
/** How long nothing is typed before they are made, in milliseconds: longer than from one key to the next. */
const PAUSE_MS = 120;

/** Conditions that contain what is typed into a box, as its list. They are made between keys, which they must not hold up. */
export function Suggestions({
  id,
  box,
  rows,
}: {
  readonly id: string;
  readonly box: RefObject<HTMLInputElement | null>;
  readonly rows: ReadonlySignal<readonly EventRow[]>;
}): JSX.Element {
  const found = useSignal<readonly string[]>([]);
  useEffect(() => {
    const input = box.current;
    if (input === null) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const typed = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        found.value = input.value === "" ? [] : matching(rows.peek(), input.value);
      }, PAUSE_MS);
    };
    input.addEventListener("input", typed);
    return () => {
      input.removeEventListener("input", typed);
      clearTimeout(timer);
    };
  }, []);
  return (
    <datalist id={id}>
      {found.value.map((text) => (
        <option key={text} value={text} />
      ))}
    </datalist>
  );
}

function matching(rows: readonly EventRow[], typed: string): string[] {
  const wanted = typed.toLowerCase();
  const found = new Set<string>();
  for (const row of rows.slice(0, LOOKED_AT)) {
    for (const { key, label } of FILTERS) {
      const value = memberOf(row, key);
      if (value === undefined) continue;
      const text = `${label}=${value}`;
      if (text.toLowerCase().includes(wanted)) found.add(text);
    }
    if (found.size >= MOST) break;
  }
  return [...found].slice(0, MOST);
}

function memberOf(row: EventRow, key: FilterKey): string | undefined {
  if (key === "payload" || key === "eventId") return undefined;
  const value = row[key];
  return value === undefined ? undefined : String(value);
}
