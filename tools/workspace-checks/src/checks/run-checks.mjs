// `pnpm check`: every check of the workspace, side by side. Prints findings only, each group under what to do about it.
import { fileURLToPath } from "node:url";
import { runLane } from "./lanes.mjs";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const script = (name) => [process.execPath, `tools/workspace-checks/src/checks/${name}`];

/**
 * The checks of one lane run one after the other and end with the first that has findings, because packing needs what
 * type-checking has built. Lanes run side by side.
 * @type {readonly (readonly import("./lanes.mjs").Check[])[]}
 */
const LANES = [
  [
    {
      name: "types",
      command: ["turbo", "run", "typecheck", "--output-logs=errors-only", "--continue=dependencies-successful"],
      isFinding: (line) =>
        /^\S+:(?:build|typecheck): (?!\$ |cache |ERROR: command finished|\[ELIFECYCLE\]|$)/.test(line),
      remedy: "Correct the types. `pnpm --filter PACKAGE typecheck` repeats this for one package.",
    },
    {
      name: "packages",
      command: script("check-packages.mjs"),
      remedy: "Correct the package.json or the entry that the finding names, and build again.",
    },
  ],
  [
    {
      name: "lint and format",
      command: ["biome", "check", "--error-on-warnings"],
      isFinding: (line) => !/^(?:Checked \d|Found \d|check ━| {2}× Some errors were emitted)/.test(line),
      remedy: "Run `pnpm format`, which corrects format and what is safe; correct the rest by hand.",
    },
  ],
  [
    {
      name: "house rules and public names",
      command: script("check-house.mjs"),
      remedy: "Do what the end of each line says.",
    },
  ],
  [
    {
      name: "unused code and dependencies",
      command: ["knip", "--no-progress", "--treat-config-hints-as-errors"],
      remedy: "Remove what is unused, add what is unlisted to the package.json, or name an entry file in knip.json.",
    },
  ],
];

await Promise.all(
  LANES.map(async (lane) => {
    const findings = await runLane(lane, root);
    if (findings === undefined) return;
    process.exitCode = 1;
    console.error(`\n${findings}`);
  }),
);
