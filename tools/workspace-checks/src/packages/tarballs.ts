import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative, sep } from "node:path";

/** What is in a tarball. */
export interface Tarball {
  /** Bytes, packed. */
  readonly packed: number;
  /** Bytes of its files. */
  readonly unpacked: number;
  /** Paths below the package's folder. */
  readonly files: readonly string[];
  /** The text of one of its files. */
  read(file: string): string;
}

/** Unpacks a tarball into a new folder. */
export function openTarball(tarball: string, folder: string): Tarball {
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["-xzf", tarball, "-C", folder, "--strip-components=1"]);
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return {
    packed: statSync(tarball).size,
    unpacked: paths.reduce((sum, path) => sum + statSync(path).size, 0),
    files: paths.map((path) => relative(folder, path).replaceAll(sep, "/")),
    read: (file) => readFileSync(join(folder, file), "utf8"),
  };
}

/** The most that a package may take, in kB. */
export interface SizeLimit {
  readonly packed: number;
  readonly unpacked: number;
}

/** The rows of the table in `tarball-sizes.md`, by package. */
export function sizeLimits(markdown: string): ReadonlyMap<string, SizeLimit> {
  const rows = markdown.matchAll(/^\| `(@[^`]+)` +\| +([\d,]+) \| +([\d,]+) \|/gm);
  const kB = (text = ""): number => Number(text.replaceAll(",", ""));
  return new Map(
    [...rows].map(([, name = "", packed, unpacked]) => [name, { packed: kB(packed), unpacked: kB(unpacked) }]),
  );
}
