import { existsSync, readFileSync, statSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { listFiles } from "../list-files.mjs";

const LINK = /\]\(([^()\s]+)\)/g;
const HEADING = /^#{1,6} +(.+?) *#*$/;
const FENCE = /^(?:```|~~~)/;

/**
 * Links of Markdown files that lead to no file, to no heading, or to a folder: sites of documents have no pages for folders.
 * Links into the network are not followed.
 * @param {string} root
 * @returns {{ file: string, line: number, problem: string }[]} with paths relative to `root`; lines count from 1
 */
export function findLinkProblems(root) {
  const anchors = new Map();
  /** @param {string} file */
  const anchorsOf = (file) => {
    if (!anchors.has(file)) anchors.set(file, headingAnchors(readFileSync(join(root, file), "utf8")));
    return anchors.get(file);
  };
  return listFiles(root)
    .filter((file) => file.endsWith(".md") && !file.startsWith(".changeset/") && !file.endsWith("CHANGELOG.md"))
    .flatMap((file) =>
      linksIn(readFileSync(join(root, file), "utf8")).flatMap(({ link, line }) => {
        const problem = problemOf(root, file, link, anchorsOf);
        return problem === undefined ? [] : [{ file, line, problem }];
      }),
    );
}

/** @param {string} root @param {string} file @param {string} link @param {(file: string) => Set<string>} anchorsOf */
function problemOf(root, file, link, anchorsOf) {
  if (/^[a-z][a-z+.-]*:/i.test(link)) return undefined;
  const [path = "", anchor] = decodeURI(link).split("#");
  const target = path === "" ? file : posix.normalize(posix.join(dirname(file), path));
  if (target.startsWith("..") || !existsSync(join(root, target))) return `"${link}" leads to no file`;
  if (statSync(join(root, target)).isDirectory()) return `"${link}" leads to a folder: link a file in it`;
  if (anchor === undefined || !target.endsWith(".md") || anchorsOf(target).has(anchor)) return undefined;
  return `"${link}" leads to no heading of ${target}`;
}

/**
 * The links of a document, but for those in code.
 * @param {string} markdown
 * @returns {{ link: string, line: number }[]}
 */
function linksIn(markdown) {
  return textLines(markdown).flatMap(({ text, line }) =>
    [...text.replaceAll(/`[^`]*`/g, "code").matchAll(LINK)].map(([, link = ""]) => ({ link, line })),
  );
}

/**
 * The anchors of a document's headings, as GitHub makes them.
 * @param {string} markdown
 */
export function headingAnchors(markdown) {
  const anchors = new Set();
  for (const { text } of textLines(markdown)) {
    const [, heading] = HEADING.exec(text) ?? [];
    if (heading === undefined) continue;
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
      .replaceAll(/\s/g, "-");
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Lines outside of code blocks. @param {string} markdown */
function textLines(markdown) {
  let isCode = false;
  return markdown.split("\n").flatMap((text, index) => {
    if (!FENCE.test(text.trimStart())) return isCode ? [] : [{ text, line: index + 1 }];
    isCode = !isCode;
    return [];
  });
}
