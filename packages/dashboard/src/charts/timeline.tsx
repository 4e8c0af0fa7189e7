import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { axisTime, fullTime, plural, type Zone } from "../text/format.js";
import { type BucketCount, TONES } from "./buckets.js";

/** Width of the drawing in its own units. */
const WIDTH = 100;

/** The times of the rows in view; `undefined` without rows. */
export type View = { readonly newest: number; readonly oldest: number } | undefined;

/** Properties of {@link Timeline}. */
export interface TimelineProps {
  readonly buckets: readonly BucketCount[];
  readonly from: number;
  readonly to: number;
  readonly bucketMs: number;
  readonly zone: Zone;
  /** Changes while the list is scrolled, when only its mark is drawn anew. */
  readonly view: Signal<View>;
  /** Called with the time to show first. */
  readonly onJump: (before: number) => void;
}

/** Counts over time, newest on top, as the list beside it: where its scrollbar would be. */
export function Timeline(props: TimelineProps): JSX.Element {
  const { buckets, from, to, bucketMs, zone } = props;
  const most = Math.max(1, ...buckets.map(({ total }) => total));
  const y = (at: number): number => heightOf(at, from, to);
  const ticks = [0.1, 0.3, 0.5, 0.7, 0.9].map((share) => to - share * (to - from));
  return (
    <div class="timeline">
      <svg viewBox={`0 0 ${WIDTH} 100`} preserveAspectRatio="none" aria-hidden="true">
        {buckets.map((bucket) => (
          <Bar key={bucket.start} bucket={bucket} most={most} y={y} ms={bucketMs} zone={zone} />
        ))}
      </svg>
      {ticks.map((at) => (
        <span key={at} class="timeline-tick" style={{ top: `${y(at)}%` }}>
          {axisTime(at, zone, to - from)}
        </span>
      ))}
      <Slider {...props} />
    </div>
  );
}

/** Percent from the top. */
function heightOf(at: number, from: number, to: number): number {
  return ((to - Math.min(Math.max(at, from), to)) / (to - from)) * 100;
}

/** What is moved over the counts. */
function Slider({ from, to, bucketMs, zone, view: seen, onJump }: TimelineProps): JSX.Element {
  const box = useRef<HTMLDivElement>(null);
  const dragged = useRef<number | undefined>(undefined);
  const view = seen.value;
  const y = (at: number): number => heightOf(at, from, to);

  const jump = (event: PointerEvent): void => {
    const area = box.current?.getBoundingClientRect();
    if (area === undefined) return;
    const share = Math.min(1, Math.max(0, (event.clientY - area.top) / area.height));
    const at = to - share * (to - from);
    // The whole bucket under the pointer is shown.
    const before = Math.min(to, (Math.floor(at / bucketMs) + 1) * bucketMs);
    if (dragged.current === before) return;
    dragged.current = before;
    onJump(before);
  };

  const step = (event: KeyboardEvent): void => {
    const by = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 }[event.key];
    const at = view?.newest ?? to;
    if (by !== undefined) onJump(Math.min(to, (Math.floor(at / bucketMs) + 1 + by) * bucketMs));
    else if (event.key === "Home") onJump(to);
    else if (event.key === "End") onJump(from + bucketMs);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const current = Math.min(Math.max(view?.newest ?? to, from), to);
  return (
    <div
      ref={box}
      class="timeline-slider"
      role="slider"
      tabIndex={0}
      aria-label="Time of the rows in view"
      aria-orientation="vertical"
      aria-valuemin={from}
      aria-valuemax={to}
      aria-valuenow={current}
      aria-valuetext={fullTime(current, zone)}
      onKeyDown={step}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        dragged.current = undefined;
        jump(event);
      }}
      onPointerMove={(event) => {
        if (event.buttons === 1) jump(event);
      }}
    >
      {view !== undefined && (
        <div
          class="timeline-view"
          style={{ top: `${y(view.newest)}%`, height: `${Math.max(0, y(view.oldest) - y(view.newest))}%` }}
        />
      )}
    </div>
  );
}

interface BarProps {
  readonly bucket: BucketCount;
  readonly most: number;
  readonly y: (at: number) => number;
  readonly ms: number;
  readonly zone: Zone;
}

function Bar({ bucket, most, y, ms, zone }: BarProps): JSX.Element | null {
  if (bucket.total === 0) return null;
  const top = y(bucket.start + ms);
  const height = Math.max(0.3, (y(bucket.start) - top) * 0.8);
  let x = 0;
  return (
    <g>
      <title>
        {fullTime(bucket.start, zone).slice(0, 19)}: {plural(bucket.total, "event")}
        {bucket.deny > 0 && `, ${bucket.deny} denied`}
      </title>
      {TONES.map((tone) => {
        if (bucket[tone] === 0) return null;
        const width = Math.max(2.5, (bucket[tone] / most) * (WIDTH - 5));
        const left = x;
        x += width;
        return <rect key={tone} class={`fill-${tone}`} x={left} y={top} width={width} height={height} />;
      })}
    </g>
  );
}
