import { pathToFileURL } from "node:url";
import { UsageError } from "../exit.js";

const EXAMPLES = "file:///absolute/folder or s3://bucket/prefix";

/** Where an archive is. The messages never repeat a URL, which may hold a secret. @throws UsageError */
export function parseArchiveUrl(option: string, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) {
    const hint = /^[.~/\w-]/.test(text) ? `; a folder is written as ${pathToFileURL(text).href}` : "";
    throw new UsageError(`${option} is no URL; allowed: ${EXAMPLES}${hint}`);
  }
  if (url.protocol !== "file:" && url.protocol !== "s3:") {
    throw new UsageError(`${option} begins with ${url.protocol}//; allowed: ${EXAMPLES}`);
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new UsageError(
      `${option} holds credentials, a query or a fragment; allowed: ${EXAMPLES}. Give credentials as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
    );
  }
  if (url.protocol === "file:" ? url.host !== "" : url.hostname === "") {
    throw new UsageError(
      `${option} names no ${url.protocol === "file:" ? "absolute folder" : "bucket"}; allowed: ${EXAMPLES}`,
    );
  }
  return text;
}
