import { expect, it } from "vitest";
import { runLane } from "../../src/checks/lanes.mjs";

/** A check whose program prints this and ends with this code. */
const check = (name: string, text: string, code: number) => ({
  name,
  command: [process.execPath, "-e", `console.log(${JSON.stringify(text)}); process.exitCode = ${code}`],
  remedy: `Repair ${name}.`,
});

it("a lane without findings has nothing to print, whatever its tools say", async () => {
  expect(await runLane([check("types", "all is well", 0), check("packages", "ok", 0)], ".")).toBeUndefined();
});

it("findings come under what to do, with what could not be checked; without the progress of the tool", async () => {
  const types = {
    ...check("types", "progress\na.ts(1,1): wrong\ndone", 1),
    isFinding: (line: string) => /^a/.test(line),
  };
  expect(await runLane([check("first", "", 0), types, check("packages", "", 0), check("last", "", 1)], ".")).toBe(
    "types: Repair types.\nNot checked until then: packages, last.\n\na.ts(1,1): wrong",
  );
});

it("a tool that fails for another reason is quoted in full", async () => {
  const broken = { ...check("types", "no such option", 2), isFinding: () => false };
  expect(await runLane([broken], ".")).toBe("types: Repair types.\n\nno such option");
});
