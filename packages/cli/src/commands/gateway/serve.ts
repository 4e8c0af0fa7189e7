import type { GatewayServer } from "@agent-assembly/gateway";
import type { Config } from "@agent-assembly/storage";
import type { StorageBackend } from "@agent-assembly/storage-core";
import { actorName } from "../../args/values.js";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { escapeText } from "../../terminal/escape.js";
import { formatJsonLine } from "../../terminal/json.js";
import { type ListenOptions, openOptionsOf, runGateway } from "./run-gateway.js";

/** Until Ctrl-C or SIGTERM; requests that are running then are answered. */
export async function serve(context: Context, options: ListenOptions): Promise<ExitCode> {
  const open = openOptionsOf(options);
  context.endsBySigterm();
  return context.withStorage(async (storage, loaded) => {
    await runGateway(context, { storage, loaded }, actorName(undefined), async (server) => {
      await context.out.write(context.json ? jsonOf(server) : await textOf(server, storage, loaded.config));
    });
    return EXIT.ok;
  }, open);
}

function jsonOf({ url, otlpUrl }: GatewayServer): string {
  return `${formatJsonLine({ url, ...(otlpUrl !== undefined && { otlpUrl }), pid: process.pid })}\n`;
}

async function textOf({ url, otlpUrl }: GatewayServer, storage: StorageBackend, config: Config): Promise<string> {
  const place = storage.location === undefined ? storage.name : `${storage.name}, ${storage.location}`;
  const otlp = otlpUrl === undefined ? url : `${url} and ${otlpUrl}`;
  const { host, public_url } = config.gateway;
  const tokens = await storage.apiTokens?.list({ revoked: true });
  const isLocal = public_url === undefined && /^(127\.|localhost$|::1$)/.test(host);
  const open = isLocal && (tokens === undefined || tokens.length === 0);
  return [
    `Gateway on ${url} (${escapeText(place)})`,
    `  OTLP    ${otlp}: the endpoint of exporters, OTEL_EXPORTER_OTLP_ENDPOINT`,
    `  REST    ${url}/api/v1`,
    "  Page    aasm dashboard",
    open
      ? "  Access  programs of this machine send without a token until there is one; to read: aasm dashboard, aasm token create"
      : "  Access  by token: aasm token list",
    "Ctrl-C ends it.",
    "",
  ].join("\n");
}
