import { createHash } from "node:crypto";
import { invalidArgument } from "@agent-assembly/storage-core/backend";
import { sha256 } from "../tree/hash.js";
import type { Anchor, AnchoredHead } from "./anchor.js";
import { anchorName } from "./anchor.js";
import { type AnchorFetch, HttpService } from "./http.js";
import { anchoredHead, headOfNote } from "./note-head.js";
import type { AnchorReceipt } from "./receipt.js";

const DAY_MS = 86_400_000;

/** Options of {@link s3LockAnchor}. */
export interface S3LockOptions {
  /** `https://s3.REGION.amazonaws.com/BUCKET/PREFIX`, or the like of another service: the bucket in the path. */
  readonly url: string;
  /**
   * Signs requests for the service (AWS Signature Version 4) and sends them, such as the `fetch` of the package aws4fetch. Without it,
   * the service must take unsigned requests.
   */
  readonly fetch: AnchorFetch;
  /** How long an object can be neither changed nor deleted, not even by the account that owns the bucket. */
  readonly retentionDays: number;
  /** For one request; @default 30,000 */
  readonly timeoutMs?: number | undefined;
  /** @default the system's clock */
  readonly now?: (() => Date) | undefined;
}

/**
 * Keeps checkpoints as objects under Object Lock in COMPLIANCE mode. The bucket must have been made with Object Lock. After each
 * put, the service is asked whether it keeps the lock.
 *
 * Put one an hour rather than each: objects stay, and are paid for, until their date.
 */
export function s3LockAnchor(options: S3LockOptions): Anchor {
  const { retentionDays } = options;
  if (!Number.isFinite(retentionDays) || retentionDays <= 0) {
    throw invalidArgument("options.retentionDays", "must be a number of days, more than 0");
  }
  return new S3LockAnchor(options);
}

class S3LockAnchor implements Anchor {
  readonly kind = "s3-lock";
  readonly where: string;
  readonly #service: HttpService;
  /** Of the bucket, and the prefix in it. */
  readonly #bucket: HttpService;
  readonly #prefix: string;
  readonly #now: () => Date;

  constructor(private readonly options: S3LockOptions) {
    this.#service = new HttpService(options.url, options);
    const { origin, pathname } = new URL(options.url);
    const [bucket = "", ...prefix] = pathname.split("/").filter((part) => part !== "");
    if (bucket === "") throw invalidArgument("options.url", "must have the bucket in its path");
    this.#bucket = new HttpService(`${origin}/${bucket}`, options);
    this.#prefix = prefix.length === 0 ? "" : `${decodeURIComponent(prefix.join("/"))}/`;
    this.where = this.#service.where;
    this.#now = options.now ?? (() => new Date());
  }

  async put(checkpoint: string): Promise<AnchorReceipt> {
    const { origin, size, root } = headOfNote(checkpoint);
    const at = this.#now();
    const until = new Date(at.getTime() + this.options.retentionDays * DAY_MS);
    // Each put is an object of its own: versions of one name would hide each other. The largest size comes first in a listing.
    const name = Buffer.from(root).toString("hex").slice(0, 16);
    const order = String(Number.MAX_SAFE_INTEGER - size).padStart(16, "0");
    const path = `/${folderOf(origin)}/${order}-${size}-${name}.checkpoint`;
    const put = await this.#service.request(path, {
      method: "PUT",
      body: checkpoint,
      headers: {
        "content-type": "text/plain; charset=utf-8",
        "x-amz-checksum-sha256": Buffer.from(sha256(Buffer.from(checkpoint))).toString("base64"),
        "x-amz-object-lock-mode": "COMPLIANCE",
        "x-amz-object-lock-retain-until-date": until.toISOString(),
      },
    });
    if (put.status !== 200) throw this.#service.refused(put);
    await this.#requireLock(path, until);
    return { anchor: this.kind, at, checkpoint, where: this.where };
  }

  /** Services that do not know the headers ignore them. */
  async #requireLock(path: string, until: Date): Promise<void> {
    const { status, headers } = await this.#service.request(path, { method: "HEAD" });
    const kept = Date.parse(headers.get("x-amz-object-lock-retain-until-date") ?? "");
    const isLocked = headers.get("x-amz-object-lock-mode") === "COMPLIANCE";
    // The service keeps seconds.
    if (status === 200 && isLocked && kept >= until.getTime() - 1000) return;
    throw this.#service.error(
      "unsupported",
      "the checkpoint was stored, and the service does not lock it",
      "Use a bucket that was made with Object Lock, and allow this login s3:PutObjectRetention and s3:GetObjectRetention.",
    );
  }

  async newest(origin: string): Promise<AnchoredHead | undefined> {
    const prefix = `${this.#prefix}${folderOf(origin)}/`;
    const query = `?list-type=2&max-keys=1&prefix=${encodeURIComponent(prefix)}`;
    const list = await this.#bucket.request(`/${query}`, { method: "GET" });
    if (list.status !== 200) throw this.#bucket.refused(list);
    const [, key] = /<Key>([^<]*)<\/Key>/.exec(Buffer.from(list.body).toString("utf8")) ?? [];
    if (key === undefined) return undefined;
    const name = /[^/]*$/.exec(key)?.[0] ?? "";
    if (!/^\d+-\d+-[0-9a-f]{16}\.checkpoint$/.test(name)) {
      throw this.#service.error("corrupt", "the service has an object that is none of this anchor's");
    }
    const object = await this.#service.request(`/${folderOf(origin)}/${name}`, { method: "GET" });
    if (object.status !== 200) throw this.#service.refused(object);
    return anchoredHead(anchorName(this), object.body, origin);
  }
}

/** Names of logs have characters that would have to be escaped in different ways. */
function folderOf(origin: string): string {
  return createHash("sha256").update(origin).digest("hex");
}
