import { expect, test } from "vitest";
import { requireNode } from "../src/backends/node-version.js";

test.each(["20.19.0", "20.20.2", "22.0.0", "30.1.0", undefined])("Node.js %s opens stores", (version) => {
  requireNode(version);
});

test.each(["18.20.8", "20.18.3", "9.0.0"])("Node.js %s is refused with what to do", (version) => {
  expect(() => requireNode(version)).toThrow(
    `these packages need Node.js 20.19 or later, and this is ${version}. Install a newer one, or select it with your version manager.`,
  );
});
