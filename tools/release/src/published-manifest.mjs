import { relative, sep } from "node:path";

const OURS = "@agent-assembly/";
/** Scripts that run at a user's installation. */
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall"];

/**
 * The package.json as it is published: without what only a contributor uses, and with the address of the repository, which the
 * machine that publishes knows.
 * @template {Record<string, any>} Manifest
 * @param {Manifest} manifest with the ranges of `workspace:` filled in
 * @param {string} folder of the package
 * @param {{ root: string, repository?: string, server?: string }} where the root of the workspace; the repository as
 *   `owner/name` and the address of its server, as CI gives them
 * @returns {Manifest}
 */
export function publishedManifest(manifest, folder, { root, repository, server }) {
  const { devDependencies, scripts = {}, ...published } = manifest;
  const kept = Object.fromEntries(Object.entries(scripts).filter(([name]) => INSTALL_SCRIPTS.includes(name)));
  if (Object.keys(kept).length > 0) published.scripts = kept;
  if (published.peerDependencies !== undefined) {
    published.peerDependencies = releasedTogether(published.peerDependencies, manifest.version);
  }
  if (repository === undefined || server === undefined) return published;
  const directory = relative(root, folder).replaceAll(sep, "/");
  const address = `${server}/${repository}`;
  return {
    ...published,
    homepage: `${address}/tree/main/${directory}#readme`,
    bugs: `${address}/issues`,
    repository: { type: "git", url: `git+${address}.git`, directory },
  };
}

/**
 * Our packages have one version and are used together. Their peer ranges in the workspace are wide, because changesets makes a
 * major release of a package whose peer leaves its range; users are told the version that was tested.
 */
function releasedTogether(peers, version) {
  return Object.fromEntries(
    Object.entries(peers).map(([name, range]) => [name, name.startsWith(OURS) ? `^${version}` : range]),
  );
}
