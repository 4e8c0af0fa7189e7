import { checkKeys, checkObject, invalidArgument, parseBoolean, parseText } from "@agent-assembly/storage-core/backend";

/** Credentials for S3. Without them the AWS SDK looks in its usual places: environment, shared files, instance. */
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

/** @throws `invalid_argument`, which repeats nothing that may be secret */
export function checkS3Options(options: S3Options): void {
  checkObject("options.s3", options);
  checkKeys("options.s3", options, ["endpoint", "region", "forcePathStyle", "credentials"]);
  const { endpoint, region, forcePathStyle, credentials } = options;
  if (endpoint !== undefined) checkEndpoint(endpoint);
  if (region !== undefined) parseText("options.s3.region", region);
  if (forcePathStyle !== undefined) parseBoolean("options.s3.forcePathStyle", forcePathStyle);
  if (credentials === undefined || typeof credentials === "function") return;
  checkObject("options.s3.credentials", credentials);
  // Further members are no mistake: the SDK puts notes of its own into the object of a caller that shares it.
  parseText("options.s3.credentials.accessKeyId", credentials.accessKeyId);
  parseText("options.s3.credentials.secretAccessKey", credentials.secretAccessKey);
}

function checkEndpoint(endpoint: unknown): void {
  const url = typeof endpoint === "string" && URL.canParse(endpoint) ? new URL(endpoint) : undefined;
  if (url === undefined || !["http:", "https:"].includes(url.protocol) || url.username !== "" || url.password !== "") {
    throw invalidArgument(
      "options.s3.endpoint",
      "must be a URL like https://storage.example.com, without user and password",
    );
  }
}
