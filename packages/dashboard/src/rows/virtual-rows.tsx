import { useSignal } from "@preact/signals";
import type { ComponentChildren, HTMLAttributes, JSX, RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";

/** Height of a row in CSS pixels; the style sheet has the same. */
export const ROW_HEIGHT = 28;
/** Rows that are drawn above and below those in view. */
const MARGIN = 12;
/** How long after the first rows in view those around them are drawn, in milliseconds. */
const MARGIN_AFTER_MS = 100;
/** Rows before an end at which more are asked for. */
const NEAR = 40;

/** Properties of {@link VirtualRows}. */
export interface VirtualRowsProps {
  readonly count: number;
  /** Index of the first row among all; when it moves, the rows in view stay where they are. */
  readonly offset: number;
  readonly row: (index: number) => ComponentChildren;
  readonly head: ComponentChildren;
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** Called with the rows in view. */
  readonly onView: (first: number, last: number) => void;
  readonly onNear: (end: "newer" | "older") => void;
  readonly attributes: HTMLAttributes<HTMLDivElement>;
}

/** Draws the rows in view of a long list; all have one height. */
export function VirtualRows(props: VirtualRowsProps): JSX.Element {
  const { count, offset, row, head, scroller, onView, onNear, attributes } = props;
  const first = useSignal(0);
  const size = useSignal(0);
  const before = useRef(offset);
  // The rows in view are drawn first, those around them when they are painted.
  const margin = useSignal(0);

  const look = (): void => {
    const box = scroller.current;
    if (box === null) return;
    const top = Math.max(0, Math.floor(box.scrollTop / ROW_HEIGHT));
    const visible = Math.ceil(box.clientHeight / ROW_HEIGHT);
    // In steps, so that most pixels of scrolling draw nothing.
    first.value = Math.max(0, Math.floor((top - margin.value) / 4) * 4);
    size.value = visible + (margin.value === 0 ? 0 : 2 * margin.value + 4);
    onView(Math.min(top, Math.max(0, count - 1)), Math.min(top + visible - 1, count - 1));
    if (top < NEAR) onNear("newer");
    if (top + visible > count - NEAR) onNear("older");
  };

  useLayoutEffect(() => {
    const box = scroller.current;
    const moved = offset - before.current;
    before.current = offset;
    if (box !== null && moved !== 0) box.scrollTop -= moved * ROW_HEIGHT;
    look();
  }, [offset, count]);

  const isEmpty = count === 0;
  useEffect(() => {
    if (isEmpty || margin.value > 0) return;
    const timer = setTimeout(() => {
      margin.value = MARGIN;
      look();
    }, MARGIN_AFTER_MS);
    return () => clearTimeout(timer);
  }, [isEmpty]);

  useEffect(() => {
    const box = scroller.current;
    if (box === null) return;
    const watcher = new ResizeObserver(look);
    watcher.observe(box);
    return () => watcher.disconnect();
  }, []);

  const start = Math.min(first.value, Math.max(0, count - 1));
  const end = Math.min(count, start + size.value);
  const drawn: ComponentChildren[] = [];
  for (let i = start; i < end; i++) drawn.push(row(i));
  return (
    <div {...attributes} ref={scroller} onScroll={look}>
      {head}
      <div role="presentation" style={{ height: `${start * ROW_HEIGHT}px` }} />
      {drawn}
      <div role="presentation" style={{ height: `${(count - end) * ROW_HEIGHT}px` }} />
    </div>
  );
}
