import type { S3Client } from "@aws-sdk/client-s3";
import type { S3Sdk } from "./client.js";

interface S3Object {
  readonly Bucket: string;
  readonly Key: string;
}

interface RequestOptions {
  readonly abortSignal: AbortSignal;
}

/** One version of an object, or the mark of one that was deleted. */
interface Version extends S3Object {
  readonly VersionId: string;
}

/**
 * Removes an object with all its versions.
 * @returns what of it remains, for people; `undefined` where nothing does
 */
export async function eraseVersions(
  sdk: S3Sdk,
  client: S3Client,
  object: S3Object,
  options: RequestOptions,
): Promise<string | undefined> {
  const versions = await versionsOf(sdk, client, object, options);
  if (versions === undefined) {
    const { VersionId } = await client.send(new sdk.DeleteObjectCommand({ ...object }), options);
    return VersionId === undefined ? undefined : "the bucket keeps older versions, which it does not list";
  }
  const remains: string[] = [];
  for (const version of versions) {
    try {
      await client.send(new sdk.DeleteObjectCommand({ ...version }), options);
    } catch (error) {
      if (statusOf(error) !== 403) throw error;
      remains.push((await lockText(sdk, client, version, options)) ?? "the service refuses to remove it");
    }
  }
  if (remains.length === 0) return undefined;
  // So that what remains is no longer what the archive shows under the name.
  await client.send(new sdk.DeleteObjectCommand({ ...object }), options);
  return [...new Set(remains)].join("; ");
}

/** Until when Object Lock keeps an object, for people; `undefined` where it does not, or the service does not say. */
export async function lockText(
  sdk: S3Sdk,
  client: S3Client,
  object: S3Object & { readonly VersionId?: string },
  options: RequestOptions,
): Promise<string | undefined> {
  try {
    const head = await client.send(new sdk.HeadObjectCommand({ ...object }), options);
    if (head.ObjectLockLegalHoldStatus === "ON") return "locked by a legal hold of the bucket";
    const until = head.ObjectLockRetainUntilDate;
    return until !== undefined && until.getTime() > Date.now() ? `locked until ${until.toISOString()}` : undefined;
  } catch (error) {
    if ([403, 404, 405].includes(statusOf(error) ?? 0)) return undefined;
    throw error;
  }
}

/** @returns `undefined` from a service that keeps, or tells, no versions */
async function versionsOf(
  sdk: S3Sdk,
  client: S3Client,
  object: S3Object,
  options: RequestOptions,
): Promise<Version[] | undefined> {
  const found: Version[] = [];
  let next: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } | undefined;
  do {
    const { Bucket, Key } = object;
    try {
      const page = await client.send(new sdk.ListObjectVersionsCommand({ Bucket, Prefix: Key, ...next }), options);
      for (const one of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) {
        if (one.Key === Key && one.VersionId !== undefined) found.push({ ...object, VersionId: one.VersionId });
      }
      next =
        page.IsTruncated === true && page.NextKeyMarker === Key
          ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
          : undefined;
    } catch (error) {
      if (isUnknownRequest(error)) return undefined;
      throw error;
    }
  } while (next !== undefined);
  return found.length === 0 ? undefined : found;
}

/** What services answer that have no versions, or a policy that does not let them be listed: then the object itself is removed. */
function isUnknownRequest(error: unknown): boolean {
  return [400, 403, 404, 405, 501].includes(statusOf(error) ?? 0);
}

function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}
