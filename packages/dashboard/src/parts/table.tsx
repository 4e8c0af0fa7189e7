import type { ComponentChildren, JSX } from "preact";

/** One column of a {@link Table}. */
export interface Column<T> {
  readonly name: string;
  readonly cell: (item: T) => ComponentChildren;
  /** `number` is aligned at the right; `wide` takes the room that is left; `extra` is left out on narrow screens. */
  readonly kind?: "number" | "wide" | "extra" | "number extra";
}

/** Properties of {@link Table}. */
export interface TableProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  readonly isCurrent?: (item: T) => boolean;
  /** What stands where there are no items. */
  readonly empty: ComponentChildren;
}

/** Items as the rows of a plain table. */
export function Table<T>({ label, columns, items, keyOf, isCurrent, empty }: TableProps<T>): JSX.Element {
  if (items.length === 0) return <div class="none pad">{empty}</div>;
  return (
    <div class="table-area" tabIndex={0} role="group" aria-label={label}>
      <table>
        <caption class="unseen">{label}</caption>
        <thead>
          <tr>
            {columns.map(({ name, kind }) => (
              <th key={name} scope="col" class={kind ?? ""}>
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={keyOf(item)} class={isCurrent?.(item) === true ? "current" : ""}>
              {columns.map(({ name, cell, kind }) => (
                <td key={name} class={kind ?? ""}>
                  {cell(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
