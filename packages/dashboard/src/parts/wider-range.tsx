import type { JSX } from "preact";
import { setParams } from "../url/location.js";
import { RANGES, range } from "../url/range.js";

/** Buttons for the longer ranges of time, where the chosen one has nothing to show. */
export function WiderRange(): JSX.Element {
  const span = range.value.to - range.value.from;
  return (
    <p class="buttons">
      {RANGES.filter(({ ms }) => ms > span + 1000).map(({ name, label }) => (
        <button
          key={name}
          type="button"
          onClick={() => setParams({ range: name, from: undefined, to: undefined, at: undefined })}
        >
          Last {label}
        </button>
      ))}
    </p>
  );
}
