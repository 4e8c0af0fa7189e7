import { createHash } from "node:crypto";
import type { Reply, Request } from "./servers.js";

interface Stored {
  readonly body: Buffer;
  readonly mode: string;
  readonly until: string;
}

/** As much of S3 as a bucket with Object Lock answers. Without a lock, it ignores the headers, as some services do. */
export class LockService {
  readonly objects = new Map<string, Stored>();

  constructor(private readonly hasLock = true) {}

  readonly handle = ({ method, url, headers, body }: Request): Reply => {
    if (headers.authorization !== "signed") return { status: 403 };
    const { pathname, searchParams } = new URL(url, "http://x");
    const key = decodeURIComponent(pathname).replace(/^\/bucket\//, "");
    const object = this.objects.get(key);
    if (method === "PUT") {
      const checksum = createHash("sha256").update(body).digest("base64");
      if (headers["x-amz-checksum-sha256"] !== checksum) return { status: 400 };
      const mode = String(headers["x-amz-object-lock-mode"]);
      this.objects.set(key, { body, mode, until: String(headers["x-amz-object-lock-retain-until-date"]) });
      return {};
    }
    if (searchParams.has("list-type")) {
      const prefix = searchParams.get("prefix") ?? "";
      const [first] = [...this.objects.keys()].filter((name) => name.startsWith(prefix)).sort();
      const contents = first === undefined ? "" : `<Contents><Key>${first}</Key></Contents>`;
      return { body: `<?xml version="1.0"?><ListBucketResult>${contents}</ListBucketResult>` };
    }
    if (object === undefined) return { status: 404 };
    const { mode, until } = object;
    const lock = { "x-amz-object-lock-mode": mode, "x-amz-object-lock-retain-until-date": until };
    return { headers: this.hasLock ? lock : {}, body: object.body };
  };
}
