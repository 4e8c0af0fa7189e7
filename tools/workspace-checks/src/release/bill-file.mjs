/**
 * The file name of a package's bill of materials, as `pnpm sbom` makes it of `%s-%v`: without the `@` of a scope, and with a
 * hyphen for its slash.
 * @param {string} name e.g. `@agent-assembly/cli`
 * @param {string} version
 */
export function billFile(name, version) {
  return `${name.replace(/^@/, "").replace("/", "-")}-${version}.cdx.json`;
}
