import type { JSX } from "preact";
import { axisTime, count, duration, fullTime, plural, type Zone } from "../text/format.js";
import { type BucketCount, TONES } from "./buckets.js";

/** Properties of {@link Columns}. */
export interface ColumnsProps {
  readonly buckets: readonly BucketCount[];
  readonly bucketMs: number;
  readonly zone: Zone;
  /** Where a column leads: the events of its bucket. */
  readonly link: (from: number, to: number) => string;
  readonly label: string;
}

const WIDTH = 1000;
const HEIGHT = 100;

/**
 * Counts over time as columns, oldest on the left; each leads to its events. For the mouse: by keyboard the same events are reached
 * by the timeline of Events, in one stop instead of sixty.
 */
export function Columns({ buckets, bucketMs, zone, link, label }: ColumnsProps): JSX.Element {
  const most = Math.max(1, ...buckets.map(({ total }) => total));
  const step = WIDTH / Math.max(1, buckets.length);
  const span = buckets.length * bucketMs;
  const every = Math.max(1, Math.ceil(buckets.length / 8));
  return (
    <figure class="columns" aria-label={`${label}, at most ${most} per ${duration(bucketMs)}`}>
      <div class="columns-plot">
        <span class="columns-most" aria-hidden="true">
          {count(most)}
        </span>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden="true">
          {buckets.map((bucket, index) => {
            let y = HEIGHT;
            const text = `${fullTime(bucket.start, zone).slice(0, 16)}: ${plural(bucket.total, "event")}, ${bucket.deny} denied`;
            return (
              <a key={bucket.start} href={link(bucket.start, bucket.start + bucketMs)} tabindex={-1}>
                <title>{text}</title>
                <rect class="columns-hit" x={index * step} y={0} width={step} height={HEIGHT} />
                {TONES.map((tone) => {
                  if (bucket[tone] === 0) return null;
                  const height = Math.max(1.5, (bucket[tone] / most) * (HEIGHT - 4));
                  y -= height;
                  return (
                    <rect
                      key={tone}
                      class={`fill-${tone}`}
                      x={index * step + step * 0.1}
                      y={y}
                      width={step * 0.8}
                      height={height}
                    />
                  );
                })}
              </a>
            );
          })}
        </svg>
      </div>
      <div class="columns-axis" aria-hidden="true">
        {buckets.map(
          (bucket, index) =>
            index % every === Math.floor(every / 2) && (
              <span key={bucket.start} style={{ left: `${((index + 0.5) / buckets.length) * 100}%` }}>
                {axisTime(bucket.start, zone, span)}
              </span>
            ),
        )}
      </div>
    </figure>
  );
}
