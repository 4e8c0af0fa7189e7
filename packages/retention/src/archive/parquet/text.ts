/** A damaged text must not pass as another one, and a leading U+FEFF is part of it. */
export const EXACT_TEXT = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
