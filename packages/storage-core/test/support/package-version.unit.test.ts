import { expect, it } from "vitest";
import { packageVersion } from "../../src/support/package-version.js";

it("is the version of the package that is named", () => {
  expect(packageVersion(() => new URL("../../package.json", import.meta.url))).toMatch(/^\d+\.\d+\.\d+/);
});

it("is known as bundled where the file was left out, or its URL cannot be made", () => {
  expect(packageVersion(() => new URL("no/package.json", import.meta.url))).toBe("bundled");
  expect(packageVersion(() => new URL("../../package.json", undefined))).toBe("bundled");
});
