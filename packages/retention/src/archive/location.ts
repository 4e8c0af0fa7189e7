import { fileURLToPath } from "node:url";
import { describeShape, invalidArgument } from "@agent-assembly/storage-core/backend";

/** Where an archive is, as its URL says. */
export type ArchiveLocation =
  | { readonly kind: "file"; readonly url: string; readonly path: string }
  | {
      readonly kind: "s3";
      readonly url: string;
      readonly bucket: string;
      /** Empty, or ending with `/`. */
      readonly prefix: string;
    };

const HINT = "Write it like file:///var/lib/audit-archive or s3://bucket/prefix.";
const CREDENTIALS_HINT = "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY instead.";

/** @throws `invalid_argument`; the message never repeats the URL, which may hold a secret */
export function parseArchiveUrl(url: unknown): ArchiveLocation {
  const parsed = typeof url === "string" && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) throw invalidArgument("url", `is not a valid archive URL, got ${describeShape(url)}`, HINT);
  if (parsed.search !== "" || parsed.hash !== "") {
    throw invalidArgument("url", "must not have a query or a fragment", HINT);
  }
  switch (parsed.protocol) {
    case "file:":
      return fileLocation(parsed);
    case "s3:":
      return s3Location(parsed);
    default:
      throw invalidArgument("url", `has the scheme ${parsed.protocol}//, which archives do not support`, HINT);
  }
}

function fileLocation(url: URL): ArchiveLocation {
  if (url.host !== "") throw invalidArgument("url", "must have three slashes and an absolute path after file:", HINT);
  const path = fileURLToPath(url);
  let end = path.length;
  while (end > 1 && (path[end - 1] === "/" || path[end - 1] === "\\")) end--;
  return { kind: "file", url: url.href, path: path.slice(0, end) };
}

function s3Location(url: URL): ArchiveLocation {
  if (url.username !== "" || url.password !== "") {
    throw invalidArgument("url", "must not contain credentials", CREDENTIALS_HINT);
  }
  if (url.hostname === "" || url.port !== "") throw invalidArgument("url", "names no bucket", HINT);
  const parts = decodeURIComponent(url.pathname)
    .split("/")
    .filter((part) => part !== "");
  const prefix = parts.map((part) => `${part}/`).join("");
  return { kind: "s3", url: `s3://${url.hostname}/${prefix}`.replace(/\/$/, ""), bucket: url.hostname, prefix };
}
