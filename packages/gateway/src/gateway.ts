/** A gateway over one store: mounts in any server that speaks Request and Response. */
export interface Gateway {
  /** Answers one request. Never rejects: failures are answers, too. */
  fetch(request: Request): Promise<Response>;
  /**
   * A token for the fragment of a link to the page, `#t=`: it begins one session with all scopes, once, within a quarter of
   * an hour.
   * @param name under which what is changed there is recorded; default `linkName` of the options
   */
  link(name?: string): string;
  /** Ends streams of events; requests that come later are refused. The store stays open. Idempotent. */
  close(): Promise<void>;
}
