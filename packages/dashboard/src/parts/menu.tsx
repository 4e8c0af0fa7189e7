import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

/** One entry of a menu. */
export interface MenuItem {
  readonly label: string;
  readonly checked?: boolean;
  readonly run: () => void;
}

/** A button that opens a short list. Arrow keys move, Escape and a click elsewhere close. */
export function Menu({
  label,
  items,
  children,
  align = "right",
}: {
  readonly label: string;
  readonly items: readonly MenuItem[];
  readonly children: ComponentChildren;
  readonly align?: "left" | "right";
}): JSX.Element {
  const open = useSignal(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const entries = (): HTMLElement[] => [...(root.current?.querySelectorAll<HTMLElement>(".menu-item") ?? [])];
  const isOpen = open.value;
  useEffect(() => {
    if (!isOpen) return;
    entries()[0]?.focus();
    const elsewhere = (event: Event): void => {
      if (event.target instanceof globalThis.Node && root.current?.contains(event.target) !== true) open.value = false;
    };
    document.addEventListener("pointerdown", elsewhere);
    return () => document.removeEventListener("pointerdown", elsewhere);
  }, [isOpen]);
  const close = (): void => {
    open.value = false;
    button.current?.focus();
  };
  const move = (event: KeyboardEvent): void => {
    const list = entries();
    const at = list.indexOf(document.activeElement as HTMLElement);
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined) list[(at + step + list.length) % list.length]?.focus();
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="menu" ref={root}>
      <button
        type="button"
        ref={button}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        onClick={() => {
          open.value = !isOpen;
        }}
      >
        {children}
      </button>
      {isOpen && (
        <div class={`menu-list ${align}`} role="menu" aria-label={label} tabIndex={-1} onKeyDown={move}>
          {items.map((item) => (
            <button
              key={item.label}
              type="button"
              class="menu-item"
              role={item.checked === undefined ? "menuitem" : "menuitemradio"}
              {...(item.checked === undefined ? {} : { "aria-checked": item.checked })}
              onClick={() => {
                close();
                item.run();
              }}
            >
              {item.label}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}
