import type { ComponentChildren, HTMLAttributes, JSX, RefObject } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { DrawnRow } from "./drawn-rows.js";
import { RowsInView } from "./rows-in-view.js";

/** Properties of {@link VirtualRows}. */
export interface VirtualRowsProps<Item> {
  readonly items: readonly Item[];
  /** Index of the first row among all; when it moves, the rows in view stay where they are. */
  readonly offset: number;
  /** Makes an empty row; called once for each that is in the document at a time. */
  readonly make: () => DrawnRow<Item>;
  /** What rows show beside their items; when it changes, they are filled anew. */
  readonly look: string;
  readonly head: ComponentChildren;
  readonly scroller: RefObject<HTMLDivElement | null>;
  /** Called with the rows in view. */
  readonly onView: (first: number, last: number) => void;
  readonly onNear: (end: "newer" | "older") => void;
  readonly attributes: HTMLAttributes<HTMLDivElement>;
}

/** Draws the rows in view of a long list; all have one height. */
export function VirtualRows<Item>(props: VirtualRowsProps<Item>): JSX.Element {
  const { items, offset, make, look, head, scroller, onView, onNear, attributes } = props;
  const body = useRef<HTMLDivElement>(null);
  const view = useMemo(() => new RowsInView(make), []);

  useLayoutEffect(() => {
    const [box, rows] = [scroller.current, body.current];
    if (box === null || rows === null) return;
    return view.attach(box, rows);
  }, []);
  useLayoutEffect(() => view.show({ items, offset, look, onView, onNear }), [items, look]);

  return (
    <div {...attributes} ref={scroller} onScroll={() => view.scrolled()}>
      {head}
      <div role="rowgroup" ref={body} />
    </div>
  );
}
