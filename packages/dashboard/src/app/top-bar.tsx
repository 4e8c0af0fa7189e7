import type { JSX } from "preact";
import { Icon } from "../parts/icons.js";
import { Menu } from "../parts/menu.js";
import { get } from "../server/client.js";
import { useResource } from "../server/resource.js";
import { may, me } from "../server/session.js";
import type { Doctor } from "../server/wire-store.js";
import { fullTime } from "../text/format.js";
import { visible } from "../text/visible.js";
import { linkTo, setParams } from "../url/location.js";
import { RANGES, range, refreshNow, zone } from "../url/range.js";
import { overlay, toggleZone } from "./keys.js";

/** How often the health is asked for, in milliseconds. */
const HEALTH_EVERY_MS = 15_000;

/** The time range, the store's health, and the way to everything else. */
export function TopBar(): JSX.Element {
  const doctor = useResource(may("read") ? "doctor" : undefined, (signal) => get<Doctor>("doctor", {}, signal), {
    everyMs: HEALTH_EVERY_MS,
  });
  const { name, from, to } = range.value;
  const health = doctor.data.value?.health;
  const status = doctor.error.value !== undefined ? "down" : doctor.data.value?.status;
  const label =
    name === undefined
      ? `${fullTime(from, zone.value).slice(0, 16)} to ${fullTime(to, zone.value).slice(0, 16)}`
      : `Last ${RANGES.find((one) => one.name === name)?.label}`;
  return (
    <header class="top-bar">
      <Menu
        label="Time range"
        align="left"
        items={RANGES.map((one) => ({
          label: `Last ${one.label}`,
          checked: one.name === name,
          run: () => {
            refreshNow();
            setParams({ range: one.name, from: undefined, to: undefined, at: undefined });
          },
        }))}
      >
        {label} <Icon name="down" />
      </Menu>
      <button type="button" class="bare" title="Move on to now (.)" aria-label="Move on to now" onClick={refreshNow}>
        <Icon name="refresh" />
      </button>
      <button type="button" class="bare zone" title="UTC or local time (u)" onClick={toggleZone}>
        {zone.value === "utc" ? "UTC" : "Local"}
      </button>
      <span class="spacer" />
      {status !== undefined && (
        <a class={`health ${status}`} href={linkTo("overview")} title={visible(doctor.data.value?.location ?? "")}>
          <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
            {status === "ok" ? <circle cx="5" cy="5" r="4" /> : <path d="M5 0.5L9.5 9.5h-9z" />}
          </svg>
          {health === undefined ? "gateway" : visible(health.backend)} {status}
        </a>
      )}
      {me.value !== undefined && <span class="who">{visible(me.value.name)}</span>}
      <button
        type="button"
        class="palette-button"
        onClick={() => {
          overlay.value = "palette";
        }}
      >
        <Icon name="search" /> <span class="unseen">Commands</span> <kbd>Ctrl K</kbd>
      </button>
      <button
        type="button"
        class="bare"
        aria-label="Keys"
        title="Keys (?)"
        onClick={() => {
          overlay.value = "help";
        }}
      >
        ?
      </button>
    </header>
  );
}
