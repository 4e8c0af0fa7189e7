import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import fc from "fast-check";
import { junk } from "./junk.js";
import { type Changes, changed, changes } from "./mutate.js";
import type { Files } from "./sealed-evidence.js";

/** How one of several files is changed. `file`, `line` and `member` are places, counted around. */
export type FileChange =
  | { readonly kind: "bytes"; readonly file: number; readonly changes: Changes }
  /** A value inside a line of JSON becomes another, however deep it is. */
  | {
      readonly kind: "member";
      readonly file: number;
      readonly line: number;
      readonly member: number;
      readonly value: unknown;
    }
  | {
      readonly kind: "line";
      readonly file: number;
      readonly line: number;
      readonly how: "gone" | "twice" | "first" | "last";
    }
  | { readonly kind: "gone"; readonly file: number }
  | { readonly kind: "as another"; readonly file: number; readonly other: number }
  | { readonly kind: "new"; readonly path: string; readonly bytes: Uint8Array };

const value = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  junk.filter((one) => typeof one === "string" || typeof one === "number" || one === null),
  fc.constantFrom(2 ** 53 - 1, 2 ** 32, 256, -1, "A".repeat(43), `${"A".repeat(43)}=`, "2026-02-30T00:00:00.000Z"),
);
const file = fc.nat(200);

export const fileChange: fc.Arbitrary<FileChange> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("bytes" as const), file, changes }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("member" as const),
      file,
      line: fc.nat(500),
      member: fc.nat(200),
      value,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("line" as const),
      file,
      line: fc.nat(500),
      how: fc.constantFrom("gone" as const, "twice" as const, "first" as const, "last" as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("gone" as const), file }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("as another" as const), file, other: file }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("new" as const),
      path: fc.constantFrom("x", "lists/1.json", "keys/9.vkey", "anchors/0.json", "tile/0/001", "tile/9/000"),
      bytes: fc.uint8Array({ maxLength: 40 }),
    }),
  },
);

/** Carries out a change. */
export function withChange(files: Files, change: FileChange): Files {
  const next = new Map(files);
  if (change.kind === "new") return next.set(change.path, change.bytes);
  const paths = [...files.keys()];
  // Lines are of files that have some.
  const having = paths.filter((path) =>
    change.kind !== "member" && change.kind !== "line" ? true : /\.jsonl?$/.test(path),
  );
  const path = having[change.file % having.length] as string;
  const before = files.get(path) as Uint8Array;
  switch (change.kind) {
    case "bytes":
      return next.set(path, changed(before, change.changes));
    case "gone":
      next.delete(path);
      return next;
    case "as another":
      return next.set(path, files.get(paths[change.other % paths.length] as string) as Uint8Array);
    case "member":
    case "line": {
      const lines = Buffer.from(before).toString().split("\n");
      const at = change.line % Math.max(1, lines.length - 1);
      if (change.kind === "member") lines[at] = withMember(lines[at] as string, change.member, change.value);
      else moveLine(lines, at, change.how);
      return next.set(path, Buffer.from(lines.join("\n")));
    }
  }
}

/** Writes the files of a folder, which has no others behind it. */
export function writeFiles(folder: string, files: Files): void {
  rmSync(folder, { recursive: true, force: true });
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
}

/** Whether two folders have the same files, byte by byte. */
export function sameFiles(a: Files, b: Files): boolean {
  return (
    a.size === b.size &&
    [...a].every(([path, bytes]) => Buffer.from(bytes).equals(b.get(path) ?? Buffer.of(0)) && b.has(path))
  );
}

/** An export whose manifest names its files as they are, as one who changes an export would make it. */
export function withManifest(files: Files): Files {
  const manifest = files.get("manifest.jsonl");
  if (manifest === undefined) return files;
  const lines = [Buffer.from(manifest).toString().split("\n")[0]];
  for (const [path, bytes] of [...files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (path !== "manifest.jsonl") lines.push(canonicalJson({ bytes: bytes.length, path, sha256: sha256(bytes) }));
  }
  const text = lines.map((line) => `${line}\n`).join("");
  return new Map(files).set("manifest.jsonl", Buffer.from(`${text}${canonicalJson({ sha256: sha256(text) })}\n`));
}

/** A text of JSON with one of its values replaced, however deep that is; another text as it is. */
export function withMember(text: string, at: number, value: unknown): string {
  let root: JsonValue;
  try {
    root = JSON.parse(text) as JsonValue;
  } catch {
    return text;
  }
  const places: [Record<string, unknown>, string][] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null) return;
    for (const [key, child] of Object.entries(node)) {
      places.push([node as Record<string, unknown>, key]);
      walk(child);
    }
  };
  walk(root);
  const [node, key] = places[at % places.length] ?? [];
  if (node === undefined || key === undefined) return text;
  node[key] = value;
  // As evidence is written, so that what is refused is the value and not how it stands there.
  return canonicalJson(JSON.parse(JSON.stringify(root)) as JsonValue);
}

function moveLine(lines: string[], at: number, how: "gone" | "twice" | "first" | "last"): void {
  const [line] = lines.splice(at, 1) as [string];
  if (how === "twice") lines.splice(at, 0, line, line);
  if (how === "first") lines.unshift(line);
  // The last of the lines is the empty one behind the last newline.
  if (how === "last") lines.splice(Math.max(0, lines.length - 1), 0, line);
}

function sha256(data: Uint8Array | string): string {
  return createHash("sha256").update(data).digest("hex");
}
