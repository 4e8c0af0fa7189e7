import { signal } from "@preact/signals";
import type { JSX } from "preact";

const message = signal("");
let timer: ReturnType<typeof setTimeout> | undefined;

/** Says something once, also to screen readers. */
export function say(text: string): void {
  message.value = text;
  clearTimeout(timer);
  timer = setTimeout(() => {
    message.value = "";
  }, 3000);
}

/** Copies a text and says so; where the browser refuses, it says that instead. */
export async function copyText(text: string, what = "Copied"): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(what);
  } catch (error) {
    // Browsers refuse without focus, without permission and on plain HTTP; there is no other way to copy.
    say(error instanceof Error ? "The browser does not allow copying here" : "Not copied");
  }
}

/** Where {@link say} is shown. */
export function Toast(): JSX.Element {
  return (
    <div class={message.value === "" ? "toast" : "toast shown"} role="status" aria-live="polite">
      {message.value}
    </div>
  );
}
