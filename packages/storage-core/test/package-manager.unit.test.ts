import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { installRemedy, packageManagerInUse } from "../src/package-manager.js";

/** A folder in a project whose `node_modules` has this file. */
function projectWith(file: string): string {
  const root = mkdtempSync(join(tmpdir(), "package-manager-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "node_modules"));
  writeFileSync(join(root, "node_modules", file), "");
  mkdirSync(join(root, "src", "deep"), { recursive: true });
  return join(root, "src", "deep");
}

describe("the package manager in use", () => {
  it.each([
    ["npm/10.8.2 node/v20.20.2 linux x64 workspaces/false", "npm"],
    ["pnpm/12.21.0 npm/? node/v20.20.2 linux x64", "pnpm"],
    ["yarn/4.18.1 npm/? node/v20.20.2 linux x64", "yarn"],
    ["yarn/1.22.22 npm/? node/v20.20.2 linux x64", "yarn-classic"],
    ["bun/1.3.0 npm/? node/v24.3.0 linux x64", "bun"],
  ])("is the one that started the process: %s", (agent, manager) => {
    expect(packageManagerInUse(agent, projectWith(".package-lock.json"))).toBe(manager);
  });

  it.each([
    [".package-lock.json", "npm"],
    [".modules.yaml", "pnpm"],
    [".yarn-state.yml", "yarn"],
    [".yarn-integrity", "yarn-classic"],
  ])("is otherwise the one that left %s", (file, manager) => {
    expect(packageManagerInUse("", projectWith(file))).toBe(manager);
    expect(packageManagerInUse("cnpm/9.0.0", projectWith(file))).toBe(manager);
  });

  it("is not guessed", () => expect(packageManagerInUse("", projectWith("x"))).toBeUndefined());
});

describe("the remedy for a missing package", () => {
  it.each([
    ["npm", 'Run "npm install @acme/x".'],
    ["pnpm", 'Run "pnpm add @acme/x".'],
    ["yarn", 'Run "yarn add @acme/x".'],
    ["bun", 'Run "bun add @acme/x".'],
  ] as const)("is the command of %s", (manager, remedy) => expect(installRemedy("@acme/x", manager)).toBe(remedy));
});
