import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { DEFECTS, type Defect } from "../src/defects/defects.js";

const PACKAGES = new URL("../../../packages", import.meta.url);
const ALL = Object.entries<readonly Defect[]>(DEFECTS).flatMap(([name, parts]) =>
  parts.map((part) => [name, part] as const),
);

it.each(ALL)("%s finds what it breaks", (_name, { module, from, to }) => {
  const source = readFileSync(`${PACKAGES.pathname}${module}`, "utf8");
  expect(source.split(from)).toHaveLength(2);
  expect(to).not.toBe(from);
});
