import type { Stats } from "node:fs";
import { stat } from "node:fs/promises";

type Kinds = Pick<
  Stats,
  "isDirectory" | "isSymbolicLink" | "isFIFO" | "isSocket" | "isCharacterDevice" | "isBlockDevice" | "isFile"
>;

/** What something in the file system is, for messages: `a FIFO`, `a folder`. */
export function kindOf(info: Kinds): string {
  if (info.isFile()) return "a regular file";
  if (info.isDirectory()) return "a folder";
  if (info.isSymbolicLink()) return "a symbolic link";
  if (info.isFIFO()) return "a FIFO";
  if (info.isSocket()) return "a socket";
  if (info.isCharacterDevice()) return "a character device";
  return info.isBlockDevice() ? "a block device" : "no regular file";
}

/** The same for what is at a path; of a symbolic link also what it leads to. */
export async function kindAt(path: string, info: Kinds): Promise<string> {
  if (!info.isSymbolicLink()) return kindOf(info);
  try {
    return `a symbolic link to ${kindOf(await stat(path))}`;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ENOENT" ? "a symbolic link to nothing" : "a symbolic link";
  }
}

const UNITS = ["bytes", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** `1 byte`, `850 bytes`, `1.5 MiB`. */
export function sizeText(bytes: number): string {
  if (bytes === 1) return "1 byte";
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number.isInteger(value) ? value : value.toFixed(1)} ${UNITS[unit]}`;
}
