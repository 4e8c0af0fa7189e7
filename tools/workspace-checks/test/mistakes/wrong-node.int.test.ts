import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSync } from "oxc-parser";
import { describe, expect, it } from "vitest";

const packages = fileURLToPath(new URL("../../../../packages", import.meta.url));
const fixture = fileURLToPath(new URL("./fixtures/other-node.cjs", import.meta.url));

interface Manifest {
  readonly engines?: { readonly node: string };
  readonly bin?: Readonly<Record<string, string>>;
}

const manifests = readdirSync(packages).map((folder) => ({
  folder,
  ...(JSON.parse(readFileSync(join(packages, folder, "package.json"), "utf8")) as Manifest),
}));
const commands = manifests.flatMap(({ folder, bin = {} }) =>
  Object.entries(bin).map(([command, file]) => ({ command, path: join(packages, folder, file) })),
);

function run(path: string, version: string) {
  const env = { ...process.env, NODE_VERSION: version };
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--require", fixture, path, "--help"], {
    env,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

/** Syntax of ES2018, which Node.js 10 knows, without the declarations that only a module can have. */
const KNOWN = new Set([
  ..."Program ExpressionStatement VariableDeclaration VariableDeclarator FunctionDeclaration BlockStatement".split(" "),
  ..."IfStatement ThrowStatement ParenthesizedExpression ReturnStatement ArrowFunctionExpression CallExpression MemberExpression Identifier Literal".split(
    " ",
  ),
  ..."ArrayPattern ObjectPattern ObjectExpression Property TemplateLiteral TemplateElement BinaryExpression LogicalExpression".split(
    " ",
  ),
  ..."ConditionalExpression UnaryExpression AssignmentExpression ImportExpression Hashbang".split(" "),
]);

function unknownSyntax(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(unknownSyntax);
  if (typeof node !== "object" || node === null) return [];
  const { type, operator } = node as { readonly type?: string; readonly operator?: string };
  const own = type === undefined || (KNOWN.has(type) && operator !== "??" && operator !== "??=") ? [] : [type];
  return [...own, ...Object.values(node).flatMap(unknownSyntax)];
}

describe("on a Node.js that is too old", () => {
  it("the published packages say which one they need", () => {
    expect(manifests.map(({ folder, engines }) => [folder, engines?.node])).toEqual(
      manifests.map(({ folder }) => [folder, ">=20.19"]),
    );
    expect(commands.map(({ command }) => command).sort()).toEqual(["aasm", "evidence", "validate-storage-backend"]);
  });

  it.each(commands)("$command can be parsed", ({ path }) => {
    const { program, errors } = parseSync("bin.cjs", readFileSync(path, "utf8"));
    expect(errors).toEqual([]);
    expect(unknownSyntax(program)).toEqual([]);
  });

  it.each(commands)("$command says once what to do", ({ command, path }) => {
    for (const version of ["10.24.1", "18.20.8", "20.18.3"]) {
      const { status, stdout, stderr } = run(path, version);
      expect(stderr).toBe(
        `${command} needs Node.js 20.19 or later, and this is ${version}. Install a newer one, or select it with your version manager.\n`,
      );
      expect(stdout).toBe("");
      expect(status).toBeGreaterThan(0);
    }
  });

  it.each(commands)("$command runs where it is new enough", ({ path }) => {
    for (const version of ["20.19.0", "22.0.0", "30.1.0"]) {
      expect(run(path, version)).toMatchObject({ status: 0, stderr: "" });
    }
  });
});
