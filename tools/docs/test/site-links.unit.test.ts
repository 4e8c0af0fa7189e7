import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { findBrokenLinks } from "../src/site-links.mjs";

function problemsOf(pages: Readonly<Record<string, string>>): string[] {
  const site = mkdtempSync(join(tmpdir(), "aasm-site-"));
  onTestFinished(() => rmSync(site, { recursive: true }));
  for (const [page, text] of Object.entries(pages)) {
    mkdirSync(dirname(join(site, page)), { recursive: true });
    writeFileSync(join(site, page), text);
  }
  return findBrokenLinks(site).map(({ page, problem }) => `${page}: ${problem}`);
}

it("links lead to pages, files and anchors of the site, or into the network", () => {
  const index =
    '<script src="assets/main.js"></script><a href="guides/a.html#top">a</a><a href="https://example.com/">b</a><a href="#here" id="here">c</a>';
  expect(problemsOf({ "index.html": index, "assets/main.js": "", "guides/a.html": '<h1 id="top">A</h1>' })).toEqual([]);
});

it("names each link that leads nowhere", () => {
  const index = '<a href="b.html">b</a><a href="a.html#no">a</a><a href="guides">g</a><a href="media/x.md">x</a>';
  expect(problemsOf({ "index.html": index, "a.html": "", "guides/a.html": "", "media/x.md": "" })).toEqual([
    'index.html: links "b.html", which does not exist',
    'index.html: links "a.html#no", whose anchor does not exist',
    'index.html: links "guides", which does not exist',
    'index.html: links "media/x.md", which is no page: add the document to documents.mjs',
  ]);
});

it("names what a page would load from the network", () => {
  const page =
    '<link rel="stylesheet" href="https://example.com/a.css"><img src="//example.com/a.png"><img src="data:,x">';
  expect(problemsOf({ "index.html": page })).toEqual([
    'index.html: loads "https://example.com/a.css" from the network',
    'index.html: loads "//example.com/a.png" from the network',
  ]);
});
