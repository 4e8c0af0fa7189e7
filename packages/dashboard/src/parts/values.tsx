import type { ComponentChildren, JSX } from "preact";
import { fullTime, relative, rowTime } from "../text/format.js";
import { shortId, visible } from "../text/visible.js";
import { now, zone } from "../url/range.js";
import { copyText } from "./toast.js";

/** A time as its distance from now, and in full on hover. */
export function Ago({ at }: { readonly at: string }): JSX.Element {
  const time = Date.parse(at);
  return (
    <time dateTime={at} title={fullTime(time, zone.value)}>
      {relative(time, now.value)}
    </time>
  );
}

/** A time of day, with its distance from now on hover. */
export function At({ at }: { readonly at: string }): JSX.Element {
  const time = Date.parse(at);
  return (
    <time dateTime={at} title={`${fullTime(time, zone.value)}, ${relative(time, now.value)}`}>
      {rowTime(time, zone.value, now.value)}
    </time>
  );
}

/** An id, shortened; in full on hover, copied by a click. */
export function Id({ value }: { readonly value: string }): JSX.Element {
  return (
    <button type="button" class="id" title={`${visible(value)} (copy)`} onClick={() => void copyText(value)}>
      {visible(shortId(value))}
    </button>
  );
}

/** What stands where a value is absent. */
export function None(): JSX.Element {
  return <span class="none">–</span>;
}

/** Names and values one below the other. */
export function Fields({
  of,
}: {
  readonly of: readonly (readonly [name: string, value: ComponentChildren] | undefined)[];
}): JSX.Element {
  return (
    <dl class="fields">
      {of.map(
        (field) =>
          field !== undefined && (
            <div key={field[0]}>
              <dt>{field[0]}</dt>
              <dd>{field[1]}</dd>
            </div>
          ),
      )}
    </dl>
  );
}
