/**
 * Waits no longer than so many milliseconds.
 * @param late makes the error; called only when nothing had arrived by then, even for a process that was held up itself
 */
export function withTimeLimit<T>(work: Promise<T>, ms: number, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    // Timers come first when a process was held up: what has arrived meanwhile is read before the verdict.
    const timer = setTimeout(() => setImmediate(() => (over ? undefined : reject(late()))), ms);
    let over = false;
    const end = (): void => {
      over = true;
      clearTimeout(timer);
    };
    work.then(
      (value) => {
        end();
        resolve(value);
      },
      (error: unknown) => {
        end();
        reject(error);
      },
    );
  });
}
