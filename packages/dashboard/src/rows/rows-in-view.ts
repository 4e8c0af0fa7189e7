import { type DrawnRow, DrawnRows } from "./drawn-rows.js";
import type { VirtualRowsProps } from "./virtual-rows.js";

/** Height of a row in CSS pixels; the style sheet has the same. */
export const ROW_HEIGHT = 28;
/** Rows that are drawn above and below those in view. */
const MARGIN = 12;
/** How long after the first rows in view those around them are drawn, in milliseconds. */
const MARGIN_AFTER_MS = 100;
/** Rows before an end at which more are asked for. */
const NEAR = 40;
/** The least that is above a list, in CSS pixels: the bar and the filter. */
const ABOVE = 89;

type Shown<Item> = Pick<VirtualRowsProps<Item>, "items" | "offset" | "look" | "onView" | "onNear">;

/** Which rows of a scrolled list are drawn. The document is never measured between changes of it, which would lay it out twice. */
export class RowsInView<Item> {
  readonly #rows: DrawnRows<Item>;
  #box: HTMLElement | undefined;
  #body: HTMLElement | undefined;
  #shown: Shown<Item> | undefined;
  /** Of the box, in CSS pixels; guessed until the page was laid out. */
  #height = innerHeight - ABOVE;
  #top = 0;
  #margin = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(make: () => DrawnRow<Item>) {
    this.#rows = new DrawnRows(make);
  }

  /** @returns an unsubscribe function */
  attach(box: HTMLElement, body: HTMLElement): () => void {
    this.#box = box;
    this.#body = body;
    const watcher = new ResizeObserver(() => {
      this.#height = box.clientHeight;
      this.#draw();
    });
    watcher.observe(box);
    return () => {
      watcher.disconnect();
      clearTimeout(this.#timer);
    };
  }

  /** Shows another list, or the same with other rows. */
  show(shown: Shown<Item>): void {
    const before = this.#shown;
    this.#shown = shown;
    if (this.#rows.hasOneOf(shown.items)) {
      const moved = shown.offset - (before?.offset ?? shown.offset);
      this.#draw(shown.look !== before?.look, moved);
      return;
    }
    // Of another list, those in view are drawn first, and those around them when these are painted.
    this.#margin = 0;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#margin = MARGIN;
      this.#draw();
    }, MARGIN_AFTER_MS);
    if (this.#top > 0) this.#box?.scrollTo(0, 0);
    this.#top = 0;
    this.#draw();
  }

  scrolled(): void {
    this.#top = this.#box?.scrollTop ?? 0;
    this.#draw();
  }

  #draw(refill = false, moved = 0): void {
    if (this.#body === undefined || this.#shown === undefined) return;
    const { items, onView, onNear } = this.#shown;
    const count = items.length;
    if (moved !== 0) this.#top = Math.max(0, this.#top - moved * ROW_HEIGHT);
    const top = Math.min(Math.floor(this.#top / ROW_HEIGHT), Math.max(0, count - 1));
    // The first one is below the names of the columns.
    const visible = Math.ceil(this.#height / ROW_HEIGHT) - 1;
    // In steps, so that most pixels of scrolling draw nothing.
    const start = Math.max(0, Math.floor((top - this.#margin) / 4) * 4);
    const end = Math.min(count, start + visible + (top === 0 && this.#margin === 0 ? 0 : 2 * this.#margin + 4));
    this.#rows.draw(this.#body, items, start, end, refill);
    this.#body.style.paddingTop = `${start * ROW_HEIGHT}px`;
    this.#body.style.paddingBottom = `${(count - end) * ROW_HEIGHT}px`;
    if (moved !== 0 && this.#box !== undefined) this.#box.scrollTop -= moved * ROW_HEIGHT;
    if (count === 0) return;
    onView(top, Math.min(top + visible - 1, count - 1));
    if (top < NEAR) onNear("newer");
    if (top + visible > count - NEAR) onNear("older");
  }
}
