/** The first line of each notice: `name version, license`. */
const NOTICE = /^((?:@[\w.-]+\/)?[\w.-]+) (\d+\.\d+\.\d+\S*), \S/gm;

/**
 * A bill of materials with the packages that are in the bundle.
 * @param {Bom} bom of the package, with its dependencies
 * @param {Bom} everything with its development dependencies too
 * @param {string} notices the notices that are published with the bundle, each beginning with name, version and licence
 * @returns {Bom}
 * @throws when a bundled package is not in `everything`, or there are no notices
 */
export function withBundled(bom, everything, notices) {
  const bundled = [...notices.matchAll(NOTICE)].map(([, name, version]) => purl(name, version));
  if (bundled.length === 0) throw new Error("the notices name no package: build the package first");
  const known = new Map(everything.components.map((component) => [component.purl, component]));
  const present = new Set(bom.components.map((component) => component.purl));
  const added = bundled
    .filter((one) => !present.has(one))
    .map((one) => {
      const component = known.get(one);
      if (component === undefined) throw new Error(`the bundle has ${one}, which is not installed`);
      return component;
    });
  const refs = new Set(added.map((component) => component["bom-ref"]));
  const own = bom.metadata.component["bom-ref"];
  return {
    ...bom,
    components: [...bom.components, ...added],
    dependencies: [
      ...bom.dependencies.map((one) => (one.ref === own ? { ...one, dependsOn: [...one.dependsOn, ...refs] } : one)),
      ...[...refs].map((ref) => ({ ref, dependsOn: [] })),
    ],
  };
}

/**
 * @typedef {{ purl?: string, "bom-ref": string }} Component
 * @typedef {{ metadata: { component: Component }, components: Component[], dependencies: { ref: string, dependsOn: string[] }[] }} Bom
 */

function purl(name, version) {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}
