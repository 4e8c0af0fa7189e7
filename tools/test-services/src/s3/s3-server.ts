/** What to start an S3 server with. */
export interface StartS3Options {
  /** Names of buckets that exist from the start. Default: one, `test`. */
  readonly buckets?: readonly string[];
}

/** A server that speaks S3 and that this process started. It is gone when this process ends, in whatever way. */
export interface S3Server {
  /** Such as `http://127.0.0.1:40003`; buckets are in the path. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** `undefined` while it is not running. */
  readonly pid: number | undefined;
  /** Ends the server and removes its data. Calling it again does nothing. */
  stop(): Promise<void>;
}
