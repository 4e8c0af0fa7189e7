import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { type AgentStorage, API_TOKEN_SCOPES, type NewApiToken, openStorage } from "@agent-assembly/storage";
import { composeGateway, type GatewayRoutes } from "../../src/compose.js";
import type { Gateway } from "../../src/gateway.js";
import type { GatewayOptions } from "../../src/options.js";
import type { GatewayServer } from "../../src/server/gateway-server.js";
import type { ServeOptions } from "../../src/server/options.js";
import { serve } from "../../src/server/serve.js";

/** A gateway over a store in memory, and requests to it without a socket. */
export class TestGateway implements AsyncDisposable {
  private constructor(
    readonly storage: AgentStorage,
    readonly gateway: Gateway,
  ) {}

  static async open(options: GatewayOptions = {}, routes: GatewayRoutes = {}): Promise<TestGateway> {
    const storage = await openStorage({ backend: "memory" });
    return new TestGateway(storage, composeGateway(storage, options, routes));
  }

  /** @param path with its method, such as `POST /api/v1/session`; `GET` where there is none */
  send(path: string, { headers, body }: { headers?: Record<string, string>; body?: string } = {}): Promise<Response> {
    const [method, place] = path.startsWith("/") ? ["GET", path] : (path.split(" ") as [string, string]);
    const init = { method, headers: headers ?? {}, ...(body !== undefined && { body }) };
    return this.gateway.fetch(new Request(`http://127.0.0.1:7391${place}`, init));
  }

  /** @returns the secret of a new token with all scopes, unless told otherwise */
  token(members: Partial<NewApiToken> = {}): Promise<string> {
    return createToken(this.storage, members);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.gateway.close();
    await this.storage.close();
  }
}

/** @returns the secret of a new token with all scopes, unless told otherwise */
export async function createToken(storage: AgentStorage, members: Partial<NewApiToken> = {}): Promise<string> {
  const created = await storage.apiTokens?.create({
    ...{ name: "tester", scopes: API_TOKEN_SCOPES, actor: "test" },
    ...members,
  });
  if (created === undefined) throw new Error("the store keeps no tokens");
  return created.secret;
}

/** A server over a store in memory, on a free port. */
export class TestServer implements AsyncDisposable {
  private constructor(
    readonly storage: AgentStorage,
    readonly server: GatewayServer,
  ) {}

  static async open(options: ServeOptions = {}): Promise<TestServer> {
    const storage = await openStorage({ backend: "memory" });
    try {
      return new TestServer(storage, await serve(storage, { port: 0, ...options }));
    } catch (error) {
      await storage.close();
      throw error;
    }
  }

  get url(): string {
    return this.server.url;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    await this.storage.close();
  }
}

/** An answer as Node's client has it. */
export interface PlainAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request by Node's client, which sends any header, such as `Host`. */
export function plainRequest(
  url: string,
  { method = "GET", headers = {}, body }: { method?: string; headers?: Record<string, string>; body?: Uint8Array } = {},
): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest(url, { method, headers, agent: false }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: answer.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}
