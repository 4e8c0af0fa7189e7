import { render } from "preact";
import "./style/index.css";
import { App } from "./app/app.js";
import { listenToKeys } from "./app/keys.js";
import { loadScreen } from "./app/load-screen.js";
import { firstPage } from "./rows/first-page.js";
import { getAhead } from "./server/client.js";
import { openSession } from "./server/session.js";
import { filterQuery } from "./url/filter.js";
import { param, screen } from "./url/location.js";

/** How long the painted frame waits for what is in it, in milliseconds: what is there by then is drawn and laid out once. */
const PATIENCE_MS = 250;

const root = document.getElementById("app");
if (root === null) throw new Error("the page has no element with the id app");
listenToKeys();

// Who we are, the screen and its first rows are asked for at once, not one after the other.
const hasToken = location.hash.startsWith("#t=");
const awaited = [openSession()];
if (!hasToken && screen.peek() === "events") {
  awaited.push(getAhead("events", firstPage(filterQuery.peek(), param("at") || undefined)));
}
awaited.push(
  loadScreen(screen.peek()).then(
    () => undefined,
    // Told by the screen itself, which asks for it again.
    () => undefined,
  ),
);

// The frame of the page is painted while they load. A hidden page is never painted, and does not wait.
if (document.hidden) start();
else {
  const painted = new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const patienceEnds = painted.then(() => new Promise((done) => setTimeout(done, PATIENCE_MS)));
  void Promise.race([Promise.all([painted, ...awaited]), patienceEnds]).then(start);
}

function start(): void {
  render(<App />, root as HTMLElement);
}
