import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

const nodeFolder = dirname(dirname(process.execPath));
const hasHeaders = existsSync(join(nodeFolder, "include/node/node.h"));

/**
 * For better-sqlite3, which is compiled where no binary can be downloaded: the headers of Node.js that lie beside it need no
 * download either. Without them, a failed build keeps quiet, and `tools/workspace-checks/src/checks/native-module.mjs` says
 * what is missing.
 */
const build = hasHeaders ? { npm_config_nodedir: nodeFolder } : { npm_config_loglevel: "silent" };

/** What scripts get: those of this workspace, and those that build dependencies. */
const environment = { ...(process.env.npm_config_nodedir ? {} : build), TURBO_TELEMETRY_DISABLED: "1" };

export const hooks = {
  updateConfig: (config) => ({ ...config, extraEnv: { ...config.extraEnv, ...environment } }),
};
