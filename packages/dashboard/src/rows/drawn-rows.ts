/** One row in the document, which shows one item after another. */
export interface DrawnRow<Item> {
  readonly element: HTMLElement;
  /** @param index of the item in the list */
  fill(item: Item, index: number): void;
  /** Called instead where the item is the same, and its place is another one. */
  move(index: number): void;
}

interface Held<Item> {
  readonly row: DrawnRow<Item>;
  item: Item;
  index: number;
}

/**
 * The rows of a list that are in the document. Their elements are made once and used again, and only those whose item changes are
 * touched: a list that is scrolled makes no elements and compares none. They stay in the order of the list, in which they are read out.
 */
export class DrawnRows<Item> {
  readonly #make: () => DrawnRow<Item>;
  #drawn: Held<Item>[] = [];
  #spare: Held<Item>[] = [];

  constructor(make: () => DrawnRow<Item>) {
    this.#make = make;
  }

  hasOneOf(items: readonly Item[]): boolean {
    return this.#drawn.some(({ item }) => items.includes(item));
  }

  /**
   * Draws the items of `start` to `end`, and takes the others away.
   * @param refill whether what is drawn shall be filled anew, since more than the items has changed
   */
  draw(into: HTMLElement, items: readonly Item[], start: number, end: number, refill = false): void {
    const wanted = new Set(items.slice(start, end));
    const kept = new Map<Item, Held<Item>>();
    for (const held of this.#drawn) if (wanted.has(held.item)) kept.set(held.item, held);
    // Where none stays, each gets another item in its place.
    const free = this.#drawn.filter(({ item }) => !kept.has(item));
    if (kept.size > 0) for (const { row } of free) row.element.remove();
    const drawn: Held<Item>[] = [];
    let next = into.firstChild;
    for (let index = start; index < end; index++) {
      const item = items[index] as Item;
      const held = kept.get(item) ?? this.#filled(free.shift() ?? this.#spare.pop(), item, index);
      if (held.index !== index) held.row.move(index);
      else if (refill) held.row.fill(item, index);
      held.index = index;
      drawn.push(held);
      if (held.row.element === next) next = next.nextSibling;
      else into.insertBefore(held.row.element, next);
    }
    for (const { row } of free) row.element.remove();
    this.#spare.push(...free);
    this.#drawn = drawn;
  }

  #filled(unused: Held<Item> | undefined, item: Item, index: number): Held<Item> {
    const held = unused ?? { row: this.#make(), item, index };
    held.item = item;
    held.index = index;
    held.row.fill(item, index);
    return held;
  }
}
