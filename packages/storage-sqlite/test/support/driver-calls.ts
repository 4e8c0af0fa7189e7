import Database from "better-sqlite3";

const METHODS = ["run", "get", "all"] as const;

/** Tells of every statement that this thread runs on any connection, until it is disposed of. */
export function onDriverCalls(called: () => void): Disposable {
  const memory = new Database(":memory:");
  const statements = Object.getPrototypeOf(memory.prepare("SELECT 1")) as Record<
    string,
    (...args: unknown[]) => unknown
  >;
  memory.close();
  const originals = METHODS.map((method) => [method, statements[method]] as const);
  for (const [method, original] of originals) {
    statements[method] = function (this: unknown, ...args) {
      called();
      return original?.apply(this, args);
    };
  }
  return {
    [Symbol.dispose]() {
      for (const [method, original] of originals) if (original !== undefined) statements[method] = original;
    },
  };
}
