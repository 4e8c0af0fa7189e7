import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const ADDRESS = /\s(href|src)="([^"]*)"/g;
const ID = /\s(?:id|name)="([^"]+)"/g;

/**
 * Links of a site's pages to files or anchors that do not exist, and whatever a page would load from the network.
 * @param {string} folder of the site
 * @returns {{ page: string, problem: string }[]} pages relative to `folder`
 */
export function findBrokenLinks(folder) {
  const pages = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".html"));
  const texts = new Map(pages.map((page) => [join(folder, page), readFileSync(join(folder, page), "utf8")]));
  const anchors = new Map(
    [...texts].map(([page, text]) => [page, new Set(Array.from(text.matchAll(ID), ([, id]) => id))]),
  );
  return [...texts].flatMap(([page, text]) =>
    linksOf(text)
      .map((link) => ({ page: relative(folder, page), problem: problemOf(link, page, anchors) }))
      .filter(({ problem }) => problem !== undefined),
  );
}

/** Each once. */
function linksOf(text) {
  const links = new Map();
  for (const [whole, attribute, address] of text.matchAll(ADDRESS)) {
    const tag = text
      .slice(text.lastIndexOf("<", text.indexOf(whole)), text.indexOf(whole))
      .slice(1)
      .split(/\s/)[0];
    links.set(`${attribute} ${address}`, { isLoaded: attribute === "src" || tag === "link", address });
  }
  return [...links.values()];
}

function problemOf({ isLoaded, address }, page, anchors) {
  if (/^(?:[a-z][a-z+.-]*:|\/\/)/i.test(address)) {
    if (!isLoaded || address.startsWith("data:")) return undefined;
    return `loads "${address}" from the network`;
  }
  const [path = "", anchor = ""] = decodeURI(address.replaceAll("&amp;", "&")).split("#");
  const target = path === "" ? page : resolve(dirname(page), path.split("?")[0]);
  if (!existsSync(target) || statSync(target).isDirectory()) return `links "${address}", which does not exist`;
  if (target.endsWith(".md")) return `links "${address}", which is no page: add the document to documents.mjs`;
  if (anchor === "" || !anchors.has(target) || anchors.get(target).has(anchor)) return undefined;
  return `links "${address}", whose anchor does not exist`;
}
