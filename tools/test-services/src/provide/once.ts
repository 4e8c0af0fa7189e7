/** Something with an end. */
export interface Stoppable {
  stop(): Promise<void>;
}

/** Something that was started, and how long that took. */
export interface Started<T> {
  readonly server: T;
  readonly startedInMs: number;
}

/** Starts something when it is first asked for, and only once, also when that fails. */
export class Once<T extends Stoppable, Options = void> {
  private started: Promise<Started<T>> | undefined;

  constructor(private readonly start: (options: Options) => Promise<T>) {}

  /** @param options those of the first call count */
  get(options: Options): Promise<Started<T>> {
    this.started ??= this.timed(options);
    return this.started;
  }

  /** Stops it if it was started; afterwards `get` starts another. */
  async stop(): Promise<void> {
    const { started } = this;
    this.started = undefined;
    const running = await started?.catch(() => undefined);
    await running?.server.stop();
  }

  private async timed(options: Options): Promise<Started<T>> {
    const begin = performance.now();
    const server = await this.start(options);
    return { server, startedInMs: performance.now() - begin };
  }
}
