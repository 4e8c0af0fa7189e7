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
