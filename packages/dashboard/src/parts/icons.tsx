import type { JSX } from "preact";
import { ICON_PATHS, type IconName } from "./icon-paths.js";

/** A picture beside a word, which says the same. */
export function Icon({ name }: { readonly name: IconName }): JSX.Element {
  return (
    <svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      <path d={ICON_PATHS[name]} />
    </svg>
  );
}
