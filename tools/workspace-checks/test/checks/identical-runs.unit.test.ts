import { expect, it } from "vitest";
import { folderArrows } from "../../src/api/import-cycles.mjs";
import { identicalRuns } from "../../src/checks/identical-runs.mjs";

const lines = (...numbers: number[]): string => numbers.map((number) => `  line(${number});\n`).join("");

it("finds runs as long as they get, whatever their indentation, blank lines and imports", () => {
  const texts = new Map([
    ["a.ts", `import { x } from "x";\n${lines(1, 2, 3, 4)}`],
    ["b.ts", `other();\nline(1);\n\nline(2);\nline(3);\nother();\n`],
  ]);
  expect(identicalRuns(texts, 3)).toEqual([
    { lines: 3, first: { file: "a.ts", from: 2, to: 4 }, second: { file: "b.ts", from: 2, to: 5 } },
  ]);
  expect(identicalRuns(texts, 4)).toEqual([]);
});

it("counts each pair of three places, and two in one file", () => {
  const three = new Map(["a", "b", "c"].map((file) => [file, lines(1, 2, 3)]));
  expect(identicalRuns(three, 3)).toHaveLength(3);
  expect(identicalRuns(new Map([["a", lines(1, 2, 3, 9, 1, 2, 3)]]), 3)).toHaveLength(1);
});

it("does not run from one file into the next", () => {
  const texts = new Map([
    ["a", lines(1, 2)],
    ["b", lines(3)],
    ["c", lines(1, 2, 3)],
  ]);
  expect(identicalRuns(texts, 3)).toEqual([]);
});

it("counts arrows between folders, and those against their best order", () => {
  const arrow = (from: string, to: string) => ({ from: `src/${from}`, to: `src/${to}` });
  const downward = [
    arrow("top.ts", "a/x.ts"),
    arrow("top.ts", "a/y.ts"),
    arrow("a/x.ts", "b/x.ts"),
    arrow("a/x.ts", "a/y.ts"),
  ];
  expect(folderArrows(downward, "src")).toEqual({ rooms: 3, between: 2, upward: 0 });
  const upward = [...downward, arrow("b/y.ts", "a/y.ts"), arrow("b/y.ts", "top.ts")];
  expect(folderArrows(upward, "src")).toEqual({ rooms: 3, between: 4, upward: 1 });
});
