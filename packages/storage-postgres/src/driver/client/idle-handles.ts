/** What keeps a process alive as long as it is open, unless told not to: a socket or a timer. */
interface Handle {
  ref(): unknown;
  unref(): unknown;
}

/** One statement often follows the other at once, and each change costs a call for each socket. */
const REST_MS = 10;

/**
 * The sockets and timers of a client. While nothing is asked of it they do not keep the process alive, so that a program that
 * forgets to close its store ends when its work is done.
 */
export class IdleHandles {
  readonly #handles = new Set<Handle>();
  #isUsed = false;
  /** Whether they keep the process alive. */
  #isHeld = false;
  #resting: NodeJS.Timeout | undefined;

  add<H extends Handle>(handle: H): H {
    this.#handles.add(handle);
    this.#apply(handle);
    return handle;
  }

  remove(handle: Handle): void {
    this.#handles.delete(handle);
  }

  /** Something waits for an answer: the process lives until it is there. */
  use(): void {
    this.#isUsed = true;
    if (!this.#isHeld) this.#hold(true);
  }

  /** Nothing waits any more. */
  rest(): void {
    this.#isUsed = false;
    this.#resting ??= setTimeout(() => {
      this.#resting = undefined;
      if (!this.#isUsed) this.#hold(false);
    }, REST_MS).unref();
  }

  #hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    for (const handle of this.#handles) this.#apply(handle);
  }

  #apply(handle: Handle): void {
    if (this.#isHeld) handle.ref();
    else handle.unref();
  }
}
