import { isStorageError, type StorageError } from "@agent-assembly/storage-core";
import { Waker } from "@agent-assembly/storage-core/backend";
import type { ResolvedRedisOptions } from "../options.js";
import { backoffMs } from "./backoff.js";
import type { Driver } from "./client.js";
import { classifyRedisError, isLostConnection, isPermanent, redisErrors } from "./errors.js";
import { checkServer } from "./server-version.js";
import { withTimeLimit } from "./time-limit.js";

const HEARTBEAT_MS = 1000;

export interface ConnectionEvents {
  /** Makes the driver of an attempt. */
  makeDriver(onError: (error: unknown) => void): Driver;
  /** Before the connection counts as up. What it throws fails the attempt. */
  prepare?(driver: Driver): Promise<void>;
  up?(): void;
  /** Not called again while it stays down. */
  down?(problem: StorageError): void;
}

/**
 * A connection that is kept up: reconnects with growing pauses, notices when no answer comes any more, and fails fast
 * while it is down. Written here because the client's own reconnecting lets a command wait until the loss of a connection is
 * noticed, which takes minutes when packets vanish.
 */
export class Connection {
  #driver: Driver | undefined;
  #problem: StorageError = redisErrors.notConnected();
  #serverVersion: string | undefined;
  #inFlight = 0;
  #answeredAt = 0;
  #closed = false;
  #lost: ((error: unknown) => void) | undefined;
  readonly #waker = new Waker();
  #loop: Promise<void> | undefined;

  constructor(
    private readonly options: ResolvedRedisOptions,
    private readonly events: ConnectionEvents,
  ) {}

  get isUp(): boolean {
    return this.#driver !== undefined;
  }

  /** Why it is not up. */
  get problem(): StorageError | undefined {
    return this.isUp ? undefined : this.#problem;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get serverVersion(): string | undefined {
    return this.#serverVersion;
  }

  /**
   * Begins to connect, and resolves when the first attempt has succeeded or failed; it goes on trying.
   * @throws what trying again does not mend; then it has ended
   */
  async start(): Promise<void> {
    let first: (() => void) | undefined;
    const attempted = new Promise<void>((resolve) => {
      first = resolve;
    });
    this.#loop = this.#keepUp(() => first?.());
    await attempted;
    if (!this.isUp && isPermanent(this.#problem)) {
      const problem = this.#problem;
      await this.close();
      throw problem;
    }
  }

  /** @throws StorageError; `unavailable` at once while the connection is down, `timeout` after `commandTimeoutMs` */
  send(key: string | undefined, args: readonly string[]): Promise<unknown> {
    const driver = this.#driver;
    if (driver === undefined) return Promise.reject(this.#problem);
    const sentAt = performance.now();
    this.#inFlight++;
    // Callbacks: this is on every check's way, and each async function on it would cost a part of what Redis takes.
    return withTimeLimit(driver.send(key, args), this.options.commandTimeoutMs, redisErrors.commandTimeout).then(
      this.#succeeded,
      (error: unknown) => this.#failed(error, driver, sentAt),
    );
  }

  /** Idempotent. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#waker.wake();
    this.#lost?.(undefined);
    await this.#loop;
  }

  readonly #succeeded = (answer: unknown): unknown => {
    this.#inFlight--;
    this.#answeredAt = performance.now();
    return answer;
  };

  #failed(error: unknown, driver: Driver, sentAt: number): never {
    this.#inFlight--;
    // Answers come in order: when none came since, none will come. An error reply is an answer.
    if (!isStorageError(error)) this.#answeredAt = performance.now();
    else if (this.#answeredAt < sentAt && this.#driver === driver) this.#lost?.(error);
    throw classifyRedisError(error);
  }

  async #keepUp(attempted: () => void): Promise<void> {
    for (let failures = 0; !this.#closed; ) {
      const end = await this.#attempt(() => {
        failures = 0;
        attempted();
      });
      const wasUp = this.#driver !== undefined;
      this.#driver = undefined;
      this.#problem = end;
      if (wasUp || failures === 0) this.events.down?.(end);
      attempted();
      if (!this.#closed) await this.#waker.sleep(backoffMs(failures++));
    }
  }

  /** One connection from beginning to end. @returns why it ended */
  async #attempt(onUp: () => void): Promise<StorageError> {
    let heartbeat: NodeJS.Timeout | undefined;
    let lose: (error: unknown) => void = () => undefined;
    const lost = new Promise<unknown>((resolve) => {
      lose = resolve;
    });
    this.#lost = lose;
    const driver = this.events.makeDriver(lose);
    try {
      const outcome = await Promise.race([
        withTimeLimit(this.#shakeHands(driver), this.options.connectTimeoutMs, redisErrors.connectTimeout),
        lost.then((error) => Promise.reject(error ?? redisErrors.hungUp())),
      ]);
      this.#serverVersion = outcome;
      if (this.#closed) return redisErrors.notConnected();
      this.#driver = driver;
      this.#answeredAt = performance.now();
      onUp();
      this.events.up?.();
      heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS);
      return classifyRedisError((await lost) ?? redisErrors.notConnected());
    } catch (error) {
      const problem = classifyRedisError(error);
      return isLostConnection(error) ? redisErrors.hungUp() : problem;
    } finally {
      clearInterval(heartbeat);
      driver.destroy();
    }
  }

  async #shakeHands(driver: Driver): Promise<string> {
    await driver.connect();
    const version = await checkServer(driver);
    await this.events.prepare?.(driver);
    return version;
  }

  #beat(): void {
    // A failure has told #lost already, and an error reply is an answer.
    this.send(undefined, ["PING"]).catch(() => undefined);
  }
}
