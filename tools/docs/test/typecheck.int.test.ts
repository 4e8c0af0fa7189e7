import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));

// Its sources are those of all packages, which import each other as built.
it("the types of the site are checked when every package is built", () => {
  const turbo = join(root, "node_modules/turbo/bin/turbo");
  const plan = execFileSync(
    process.execPath,
    [turbo, "run", "typecheck", "--filter", "@agent-assembly/docs", "--dry=json"],
    { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] },
  );
  const tasks: { readonly taskId: string }[] = JSON.parse(plan).tasks;
  const built = tasks.map(({ taskId }) => taskId).filter((id) => id.endsWith("#build"));
  const packages = readdirSync(join(root, "packages")).map((name) => `@agent-assembly/${name}#build`);
  expect(built).toEqual(expect.arrayContaining(packages));
});
