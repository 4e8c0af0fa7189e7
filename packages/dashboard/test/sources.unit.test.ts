import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SOURCES = fileURLToPath(new URL("../src", import.meta.url));
/** Ways in which a text becomes markup or a script. */
const MARKUP =
  /innerHTML|outerHTML|insertAdjacentHTML|dangerouslySetInnerHTML|srcdoc|document\.write|\beval\(|new Function/i;

describe("the page's sources", () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" }).filter((file) => /\.tsx?$/.test(file));

  it("never read data as markup or as a script", () => {
    expect(files.length).toBeGreaterThan(40);
    expect(files.filter((file) => MARKUP.test(readFileSync(join(SOURCES, file), "utf8")))).toEqual([]);
  });

  it("name no address elsewhere", () => {
    expect(files.filter((file) => /https?:\/\//.test(readFileSync(join(SOURCES, file), "utf8")))).toEqual([]);
  });
});
