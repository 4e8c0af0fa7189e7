/** A service that cannot be had on this machine: why, and what would change that. */
export class ServiceUnavailable extends Error {
  override readonly name = "ServiceUnavailable";

  /**
   * @param reason why it cannot be had, one sentence without a full stop
   * @param install what to install or to set, one sentence without a full stop
   */
  constructor(
    readonly reason: string,
    readonly install: string,
    options?: ErrorOptions,
  ) {
    super(`${reason}; ${install}`, options);
  }
}

/**
 * Gives the result of the first way that is available, asked in order. A way says that it is not by rejecting with
 * `ServiceUnavailable`; any other error is a failure and passed on. When none is, the error names every reason.
 */
export async function firstAvailable<T>(ways: readonly (() => Promise<T>)[]): Promise<T> {
  const refusals: ServiceUnavailable[] = [];
  for (const way of ways) {
    try {
      return await way();
    } catch (error) {
      if (!(error instanceof ServiceUnavailable)) throw error;
      refusals.push(error);
    }
  }
  const reasons = refusals.map(({ reason }) => reason).join(", and ");
  throw new ServiceUnavailable(reasons, [...new Set(refusals.map(({ install }) => install))].join(", or "));
}
