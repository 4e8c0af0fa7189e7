import { homedir } from "node:os";
import { expandPath, type PathBase } from "@agent-assembly/storage";
import { loadCommandConfig } from "./command-config.js";
import type { Context, GlobalOptions } from "./context.js";
import { UsageError } from "./exit.js";
import type { Session } from "./terminal/session.js";
import { createStyle, wantsColor, wantsUnicode } from "./terminal/style.js";

export function createContext(session: Session, global: GlobalOptions): Context {
  const { host, out, signal } = session;
  const { stdout, env } = host;
  const isTty = stdout.isTTY === true;
  const columns = Number(env.COLUMNS);
  const fixedWidth = Number.isInteger(columns) && columns > 0 ? columns : undefined;
  const paths: PathBase = { cwd: host.cwd, home: homeOf(env) };
  const warned = new Set<string>();
  const loadConfig: Context["loadConfig"] = async (flags, path) => {
    const named = path === undefined ? global : { ...global, config: path };
    const loaded = await loadCommandConfig(named, flags, { env, ...paths });
    // A command may load its configuration more than once.
    const news = loaded.warnings.filter(({ message }) => !warned.has(message));
    if (news.length > 0) {
      for (const { message } of news) warned.add(message);
      await session.err.write((await import("./report-error.js")).reportWarnings(news, { json: global.json === true }));
    }
    return loaded;
  };
  return {
    global,
    get stdin() {
      return host.stdin;
    },
    env,
    out,
    get err() {
      return session.err;
    },
    json: global.json === true,
    style: createStyle(wantsColor(isTty, global.color !== false, env)),
    toTerminal: isTty,
    width: isTty ? stdout.columns || fixedWidth || 80 : fixedWidth,
    unicode: wantsUnicode(env),
    get showProgress() {
      return host.stderr.isTTY === true && global.json !== true;
    },
    get interactive() {
      return host.stdin.isTTY === true && this.showProgress;
    },
    signal,
    now: Date.now,
    resolvePath: (path) => {
      // Made a path, a URL would be shown with what it holds.
      if (path.includes("://")) throw new UsageError("the name of a file is a URL; allowed: the path of a file");
      return expandPath(path, paths);
    },
    loadConfig,
    confirm: async (question) =>
      (await import("./terminal/confirm.js")).confirm(question, { input: host.stdin, output: host.stderr, signal }),
    endsBySigterm: () => session.endsBySigterm(),
    onReload: (listener) => host.onReload?.(listener) ?? (() => undefined),
    changeStorage(use) {
      return this.withStorage(use, { writes: true });
    },
    async withStorage(use, options) {
      const [{ useStorage }, loaded] = await Promise.all([import("./store-access.js"), loadConfig(options?.flags)]);
      const hooks = { signal, onLeftOpen: () => host.onLeftOpen?.(), onSteps: () => host.onSteps?.() };
      return useStorage(loaded, hooks, use, options);
    },
  };
}

/** As `os.homedir` finds it, in the host's environment. */
function homeOf(env: NodeJS.ProcessEnv): string {
  const home = process.platform === "win32" ? env.USERPROFILE : env.HOME;
  return home === undefined || home === "" ? homedir() : home;
}
