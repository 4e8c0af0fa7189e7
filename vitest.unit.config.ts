import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { testConfig } from "./vitest.shared.js";

const PACKAGES = fileURLToPath(new URL("./packages", import.meta.url));

/** The sources of every entry of our packages, so that nothing has to be built. */
function sources(): { find: RegExp; replacement: string }[] {
  return readdirSync(PACKAGES).flatMap((folder) => {
    const { name, exports = {} } = JSON.parse(readFileSync(join(PACKAGES, folder, "package.json"), "utf8")) as Manifest;
    return Object.entries(exports).flatMap(([entry, target]) => {
      const built = typeof target === "string" ? undefined : /^\.\/dist\/(.*)\.js$/.exec(target.default)?.[1];
      if (built === undefined) return [];
      return [
        { find: new RegExp(`^${join(name, entry)}$`), replacement: join(PACKAGES, folder, "src", `${built}.ts`) },
      ];
    });
  });
}

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string | { readonly default: string }>>;
}

/** The tests that need no server and no build. */
export default {
  ...testConfig({ include: ["{packages,tools,examples}/*/test/**/*.unit.test.ts"] }),
  resolve: { alias: sources() },
};
