import { render } from "preact";
import "./style/index.css";
import { App } from "./app/app.js";
import { listenToKeys } from "./app/keys.js";
import { loadScreen } from "./app/load-screen.js";
import { firstPage } from "./rows/first-page.js";
import { askAhead } from "./server/ahead.js";
import { apiUrl } from "./server/client.js";
import { openSession } from "./server/session.js";
import { filterQuery } from "./url/filter.js";
import { param, screen } from "./url/location.js";

const root = document.getElementById("app");
if (root === null) throw new Error("the page has no element with the id app");
listenToKeys();

// Who we are, the screen and its first rows are asked for at once, not one after the other.
const hasToken = location.hash.startsWith("#t=");
void openSession();
if (!hasToken && screen.peek() === "events") {
  askAhead(apiUrl("events", firstPage(filterQuery.peek(), param("at") || undefined)));
}
// Told by the screen itself, which asks for it again.
loadScreen(screen.peek()).catch(() => undefined);

// The frame of the page is painted while they load. A hidden page is never painted, and does not wait.
if (document.hidden) start();
else requestAnimationFrame(() => setTimeout(start));

function start(): void {
  render(<App />, root as HTMLElement);
}
