import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publishedManifest } from "./tools/release/src/published-manifest.mjs";

const nodeFolder = dirname(dirname(process.execPath));
const hasHeaders = existsSync(join(nodeFolder, "include/node/node.h"));

/** Whether the headers in this folder are those of the Node.js that runs: a module built with others does not load. */
function fits(folder) {
  try {
    const header = readFileSync(join(folder, "include/node/node_version.h"), "utf8");
    return header.includes(`NODE_MODULE_VERSION ${process.versions.modules}\n`);
  } catch (error) {
    // A folder without this header is judged by node-gyp, which names what it misses.
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return true;
    throw error;
  }
}

/**
 * For better-sqlite3, which is compiled where no binary can be downloaded: the headers of Node.js that lie beside it need no
 * download either. Without them, a failed build keeps quiet, and `tools/workspace-checks/src/checks/native-module.mjs` says
 * what is missing.
 */
const build = hasHeaders ? { npm_config_nodedir: nodeFolder } : { npm_config_loglevel: "silent" };

/** What scripts get: those of this workspace, and those that build dependencies. */
const { npm_config_nodedir: configured } = process.env;
const environment = {
  ...(configured && (fits(configured) || !hasHeaders) ? {} : build),
  TURBO_TELEMETRY_DISABLED: "1",
};

const root = dirname(fileURLToPath(import.meta.url));
const { GITHUB_REPOSITORY: repository, GITHUB_SERVER_URL: server } = process.env;

export const hooks = {
  beforePacking: (manifest, folder) => publishedManifest(manifest, folder, { root, repository, server }),
  updateConfig: (config) => ({ ...config, extraEnv: { ...config.extraEnv, ...environment } }),
};
