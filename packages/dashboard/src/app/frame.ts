import { ICON_PATHS } from "../parts/icon-paths.js";
import { RAIL } from "./screens.js";

/**
 * The page before its script has run, as markup for `index.html`: the rail, whose links already work, an empty bar and an empty
 * screen. The script takes over these elements, so what `Rail` and `App` draw must be the same.
 */
export function frameHtml(): string {
  const links = RAIL.map(
    ({ name, label, icon }) =>
      `<li><a href="#/${name === "overview" ? "" : name}" title="${label}">${iconHtml(ICON_PATHS[icon])}<span>${label}</span></a></li>`,
  );
  return [
    '<div class="app"><nav class="rail" aria-label="Screens"><p class="brand" aria-hidden="true">aasm</p>',
    `<ul>${links.join("")}</ul></nav><header class="top-bar"></header><main id="main" tabindex="-1">`,
    '<noscript><p class="empty">This page needs JavaScript. The same data is at /api/v1 and in aasm.</p></noscript>',
    "</main></div>",
  ].join("");
}

function iconHtml(path: string): string {
  return `<svg class="icon" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="${path}"></path></svg>`;
}
