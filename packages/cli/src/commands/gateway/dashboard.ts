import type { Config } from "@agent-assembly/storage";
import { actorName } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatJsonLine } from "../../terminal/json.js";
import { openBrowser } from "./open-browser.js";
import { type ListenOptions, openOptionsOf, runGateway } from "./run-gateway.js";
import { type RuntimeFile, readRuntimeFile } from "./runtime-file.js";

interface DashboardOptions extends Pick<ListenOptions, "port"> {
  /** False with `--no-open`. */
  readonly open?: boolean;
}

/** How long a gateway that may run is waited for. */
const ANSWER_MS = 10_000;

/** A link to the page of the gateway that runs, or of one that it starts and serves until Ctrl-C. */
export async function dashboard(context: Context, options: DashboardOptions): Promise<ExitCode> {
  const open = openOptionsOf(options);
  const { config } = await context.loadConfig(open.flags);
  const running = await linkOfRunning(context, config);
  if (running !== undefined) {
    await show(context, running, options);
    return EXIT.ok;
  }
  context.endsBySigterm();
  return context.withStorage(async (storage, loaded) => {
    await runGateway(context, { storage, loaded }, actorName(undefined), async ({ url, gateway }) => {
      await show(context, linkTo(loaded.config, url, gateway.link()), options);
      if (!context.json) await context.out.write("Ctrl-C ends it.\n");
    });
    return EXIT.ok;
  }, open);
}

/**
 * The fragment of a URL is not sent to servers, and so is in none of their logs. Behind a proxy the page is at its address: the
 * cookie is for that.
 */
function linkTo({ gateway }: Config, url: string, token: string): string {
  return `${(gateway.public_url ?? url).replace(/\/$/, "")}/#t=${token}`;
}

async function show(context: Context, link: string, { open = true }: DashboardOptions): Promise<void> {
  if (context.json) return context.out.write(`${formatJsonLine({ url: link })}\n`);
  await context.out.write(`${link}\nThe link works once, within 15 minutes.\n`);
  if (open && context.interactive) openBrowser(link, context.env);
}

/** @returns `undefined` where no gateway of this user answers on the port */
async function linkOfRunning(context: Context, config: Config): Promise<string | undefined> {
  const { port } = config.gateway;
  const file = port === 0 ? undefined : await readRuntimeFile(context, port);
  if (file === undefined) return undefined;
  const token = await askForLink(file, context.signal);
  return token === undefined ? undefined : linkTo(config, file.url, token);
}

async function askForLink({ url, key }: RuntimeFile, signal: AbortSignal): Promise<string | undefined> {
  try {
    const answer = await fetch(`${url}/api/v1/session/link`, {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const { token } = answer.ok ? ((await answer.json()) as { readonly token?: string }) : {};
    return token;
  } catch {
    signal.throwIfAborted();
    // A gateway that was killed leaves its file, and another program may listen where it did.
    return undefined;
  }
}
