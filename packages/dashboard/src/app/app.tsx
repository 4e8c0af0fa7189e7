import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Empty, Problem } from "../parts/states.js";
import { Toast } from "../parts/toast.js";
import { me, openSession, refused, showToken } from "../server/session.js";
import { screen } from "../url/location.js";
import { refreshNow } from "../url/range.js";
import { Help } from "./help.js";
import { overlay } from "./keys.js";
import { loadedScreen, loadScreen } from "./load-screen.js";
import { Palette } from "./palette.js";
import { Rail } from "./rail.js";
import { SCREEN_LIST } from "./screens.js";
import { TopBar } from "./top-bar.js";

/** The page. */
export function App(): JSX.Element {
  const current = screen.value;
  const shown = useRef(current);
  useEffect(() => {
    // A screen begins with the newest; while it is looked at, it stays as it is.
    if (shown.current !== current) refreshNow();
    shown.current = current;
    // On a narrow screen the names are a strip that scrolls.
    document.querySelector(".rail [aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [current]);
  return (
    <div class="app">
      <a class="skip" href="#main" onClick={skip}>
        Skip to content
      </a>
      <Rail />
      <TopBar />
      <main id="main" tabIndex={-1}>
        {me.value !== undefined ? <CurrentScreen /> : refused.value !== undefined && <NoSession />}
      </main>
      {overlay.value === "help" && <Help />}
      {overlay.value === "palette" && <Palette />}
      <Toast />
    </div>
  );
}

// The fragment is the page's state, so the link must not change it.
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

function CurrentScreen(): JSX.Element {
  const current = screen.value;
  const label = SCREEN_LIST.find(({ name }) => name === current)?.label;
  const Screen = loadedScreen(current);
  const failed = useSignal(false);
  // Not after the next paint: what loads the screen's data waits for it.
  useLayoutEffect(() => {
    document.title = `${label} · Agent Assembly`;
    let wanted = true;
    failed.value = false;
    // The server was replaced by another version, whose files have other names.
    loadScreen(current).catch(() => {
      if (wanted) failed.value = true;
    });
    return () => {
      wanted = false;
    };
  }, [current, label]);
  if (failed.value) return <Empty>This part of the page could not be loaded. Reload the page.</Empty>;
  if (Screen === undefined) return <p class="waiting unseen">Loading</p>;
  return (
    <>
      <h1 class="unseen">{label}</h1>
      <Screen key={current} />
    </>
  );
}

function NoSession(): JSX.Element {
  const error = refused.value;
  if (error === undefined) return <p />;
  if (error.status !== 401) return <Problem error={error} onRetry={() => void openSession()} />;
  return (
    <div class="no-session">
      <h1>Agent Assembly</h1>
      <Empty command="aasm dashboard">This page is opened by a link that is good once. In a terminal, run</Empty>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          refreshNow();
          void showToken(String(new FormData(event.currentTarget).get("token")));
        }}
      >
        <label class="field">
          <span>or show a token</span>
          <input name="token" type="password" required autocomplete="off" />
        </label>
        <button type="submit">Open</button>
      </form>
      {error.code !== "unauthenticated" || error.message.includes("token is") ? <Problem error={error} /> : null}
    </div>
  );
}
