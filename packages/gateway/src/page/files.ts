import { createHash } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { extname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzip } from "node:zlib";

/** Where the build of the page is, beside the package's `dist`. */
export const DASHBOARD_FOLDER = fileURLToPath(new URL("../../dashboard", import.meta.url));

const zip = promisify(gzip);

/** One file of the page, as it is sent. */
export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** Absent where it would not be smaller. */
  readonly zipped: Buffer | undefined;
  readonly etag: string;
}

const TYPES: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
};

/**
 * Reads the built page, some hundred kilobytes, into memory: afterwards no request names a file of the disk.
 * @returns files by their path in a URL, such as `/assets/index.js`; empty when the folder is missing
 */
export async function readPage(folder: string): Promise<ReadonlyMap<string, PageFile>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  });
  const files = entries.filter((entry) => entry.isFile() && TYPES[extname(entry.name)] !== undefined);
  const read = files.map(async ({ name, parentPath }) => {
    const path = join(parentPath, name);
    const url = `/${relative(folder, path).split(sep).join("/")}`;
    return [url, await toPageFile(path)] as const;
  });
  return new Map(await Promise.all(read));
}

async function toPageFile(path: string): Promise<PageFile> {
  const bytes = await readFile(path);
  const zipped = await zip(bytes, { level: 9 });
  return {
    type: TYPES[extname(path)] as string,
    bytes,
    zipped: zipped.byteLength < bytes.byteLength ? zipped : undefined,
    etag: `"${createHash("sha256").update(bytes).digest("base64url").slice(0, 22)}"`,
  };
}
