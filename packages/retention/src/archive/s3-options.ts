export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

/** Everything that is left out comes from where the AWS SDK looks: `AWS_*` variables, its files, the instance's role. */
export interface S3Options {
  /** URL of an S3-compatible service; default: `AWS_ENDPOINT_URL_S3`, else AWS. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
  /** `https://endpoint/bucket/key` in place of `https://bucket.endpoint/key`; many S3-compatible services need it. */
  readonly forcePathStyle?: boolean | undefined;
  readonly credentials?: S3Credentials | (() => Promise<S3Credentials>) | undefined;
}
