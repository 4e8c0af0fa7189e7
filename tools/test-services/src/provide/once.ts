/** Something with an end. */
export interface Stoppable {
  stop(): Promise<void>;
}

/** Starts something when it is first asked for, and only once, also when that fails. */
export class Once<T extends Stoppable> {
  private started: Promise<T> | undefined;

  constructor(private readonly start: () => Promise<T>) {}

  get(): Promise<T> {
    this.started ??= this.start();
    return this.started;
  }

  /** Stops it if it was started; afterwards `get` starts another. */
  async stop(): Promise<void> {
    const { started } = this;
    this.started = undefined;
    const running = await started?.catch(() => undefined);
    await running?.stop();
  }
}
