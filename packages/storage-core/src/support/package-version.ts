import { readFileSync } from "node:fs";

/**
 * The version of a package, from its own package.json; `bundled` in a bundle that left the file out.
 * @param packageJson gives the file's URL: `() => new URL("../package.json", import.meta.url)`. Bundlers know this form
 *   and keep the file; others leave `import.meta.url` undefined, so that the URL cannot be made.
 */
export function packageVersion(packageJson: () => URL): string {
  try {
    return (JSON.parse(readFileSync(packageJson(), "utf8")) as { version: string }).version;
  } catch {
    // The version only informs people, so that it must not keep a package from loading.
    return "bundled";
  }
}
