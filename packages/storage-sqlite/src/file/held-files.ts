import { closeSync, constants, openSync, type Stats, statSync } from "node:fs";

const { O_RDONLY, O_NONBLOCK = 0 } = constants;

/**
 * Files that this process has open as databases. POSIX drops all locks of a process on a file as soon as it closes any
 * descriptor of it, SQLite's own included; so no other descriptor of such a file is closed before SQLite's are.
 */
const held = new Map<string, { readonly fd: number; users: number }>();

/**
 * Keeps a descriptor of a database, to be called before SQLite opens it.
 * @returns a function that closes it, to be called after SQLite has closed the database
 */
export function holdFile(path: string): () => void {
  const key = keyOf(statSync(path));
  const entry = held.get(key) ?? { fd: openSync(path, O_RDONLY | O_NONBLOCK), users: 0 };
  held.set(key, entry);
  entry.users++;
  let isHeld = true;
  return () => {
    if (!isHeld) return;
    isHeld = false;
    if (--entry.users > 0) return;
    held.delete(key);
    closeSync(entry.fd);
  };
}

/** Runs `use` with a descriptor for reading, which is closed afterwards where that is safe. */
export function withDescriptor<T>(path: string, use: (fd: number) => T): T {
  const entry = held.get(keyOf(statSync(path)));
  if (entry !== undefined) return use(entry.fd);
  // Should a FIFO be there by now, opening it must not wait for its other end.
  const fd = openSync(path, O_RDONLY | O_NONBLOCK);
  try {
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

function keyOf({ dev, ino }: Pick<Stats, "dev" | "ino">): string {
  return `${dev}:${ino}`;
}
