import type { JSX } from "preact";
import { Icon } from "../parts/icons.js";
import { linkTo, screen } from "../url/location.js";
import { RAIL } from "./screens.js";

/** The names of the screens. `frameHtml` has the same markup. */
export function Rail(): JSX.Element {
  return (
    <nav class="rail" aria-label="Screens">
      <p class="brand" aria-hidden="true">
        aasm
      </p>
      <ul>
        {RAIL.map(({ name, label, icon }) => (
          <li key={name}>
            <a
              href={linkTo(name)}
              title={label}
              {...(screen.value === name ? { "aria-current": "page" as const } : {})}
            >
              <Icon name={icon} />
              <span>{label}</span>
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
