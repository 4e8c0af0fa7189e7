import type { JSX } from "preact";
import type { Archive, LegalHold, Partition } from "../../server/wire-store.js";
import { bytes, count, fullTime } from "../../text/format.js";
import { zone } from "../../url/range.js";

interface Part {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  readonly bytes: number;
  readonly tier: "hot" | "warm" | "archived";
}

const WIDTH = 1000;
const HEIGHT = 60;

/** All data over time: the height is its size, the shade its tier; a line below marks what is held. */
export function TierBar({
  partitions,
  archives,
  holds,
}: {
  readonly partitions: readonly Partition[];
  readonly archives: readonly Archive[];
  readonly holds: readonly LegalHold[];
}): JSX.Element {
  const parts: Part[] = [
    ...partitions.map((one) => ({ ...one, from: Date.parse(one.from), to: Date.parse(one.to) })),
    ...archives
      .filter(({ dataset, state }) => dataset === "audit" && state === "dropped")
      .map((one) => ({ ...one, from: Date.parse(one.from), to: Date.parse(one.to), tier: "archived" as const })),
  ];
  const from = Math.min(...parts.map((one) => one.from));
  const to = Math.max(...parts.map((one) => one.to));
  const most = Math.max(1, ...parts.map((one) => one.bytes));
  const x = (at: number): number => ((Math.min(Math.max(at, from), to) - from) / (to - from)) * WIDTH;
  const day = (at: number): string => fullTime(at, "utc").slice(0, 10);
  const tiers = (["archived", "warm", "hot"] as const).map((tier) => {
    const own = parts.filter((one) => one.tier === tier);
    const sum = (key: "rows" | "bytes"): number => own.reduce((total, one) => total + one[key], 0);
    return { tier, parts: own.length, rows: sum("rows"), bytes: sum("bytes") };
  });
  return (
    <figure class="tiers">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT + 8}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Stored events from ${day(from)} to ${day(to)}`}
      >
        {parts.map((one) => {
          const height = Math.max(2, (one.bytes / most) * HEIGHT);
          return (
            <rect
              key={`${one.tier} ${one.from}`}
              class={`tier ${one.tier}`}
              x={x(one.from)}
              width={Math.max(1, x(one.to) - x(one.from) - 1)}
              y={HEIGHT - height}
              height={height}
            >
              <title>
                {day(one.from)}: {one.tier}, {count(one.rows)} rows, {bytes(one.bytes)}
              </title>
            </rect>
          );
        })}
        {holds.map((hold) => {
          const start = x(hold.from === undefined ? from : Date.parse(hold.from));
          const end = x(hold.to === undefined ? to : Date.parse(hold.to));
          return (
            <rect
              key={hold.holdId}
              class="tier held"
              x={start}
              width={Math.max(2, end - start)}
              y={HEIGHT + 4}
              height={4}
            />
          );
        })}
      </svg>
      <figcaption class="legend">
        {tiers.map(({ tier, parts: n, rows, bytes: size }) => (
          <span key={tier}>
            <span class={`swatch ${tier}`} aria-hidden="true" /> {tier}{" "}
            {n === 0 ? "none" : `${bytes(size)}, ${count(rows)} rows`}
          </span>
        ))}
        {holds.length > 0 && (
          <span>
            <span class="swatch held" aria-hidden="true" /> held
          </span>
        )}
        <span class="spacer" />
        <span class="none">
          {day(from)} to {day(to)}
          {zone.value === "local" && " UTC"}
        </span>
      </figcaption>
    </figure>
  );
}
