import { type ErrorLocation, StorageError } from "@agent-assembly/storage-core";
import {
  causeWithCode,
  codeOf,
  collect,
  describeShape,
  invalidArgument,
  maskUrl,
  NETWORK_VERDICTS,
} from "@agent-assembly/storage-core/backend";

/** What the anchors need of the global `fetch`; one that signs its requests takes its place. */
export type AnchorFetch = (url: string, init: RequestInit) => Promise<Response>;

/** How services are asked. */
export interface HttpOptions {
  /** @default the global `fetch` */
  readonly fetch?: AnchorFetch | undefined;
  /** For one request with its answer; @default 30,000 */
  readonly timeoutMs?: number | undefined;
}

/** An answer that was read whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Uint8Array;
}

const DEFAULT_TIMEOUT_MS = 30_000;
/** Longer answers are none of these services. */
const MAX_BODY_BYTES = 1_000_000;

/** A service behind a URL. */
export class HttpService {
  readonly where: string;
  readonly #base: string;
  readonly #fetch: AnchorFetch;
  readonly #timeoutMs: number;

  /**
   * @param url whose path ends where the paths of requests begin
   * @throws `invalid_argument`
   */
  constructor(url: string, options: HttpOptions) {
    if (!URL.canParse(url) || !/^https?:/i.test(url)) {
      throw invalidArgument("url", `must begin with https:// or http://, got ${describeShape(url)}`);
    }
    this.#base = url.replace(/\/+$/, "");
    this.where = maskUrl(url).replace(/\/+$/, "");
    this.#fetch = options.fetch ?? fetch;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  }

  /**
   * @param path behind the URL; empty for the URL itself
   * @throws `StorageError`: `timeout`; `unavailable` for what is wrong with the connection, and for a server that is out of order
   */
  async request(path: string, init: RequestInit): Promise<HttpAnswer> {
    const signal = AbortSignal.timeout(this.#timeoutMs);
    try {
      const response = await this.#fetch(`${this.#base}${path}`, { ...init, redirect: "error", signal });
      const { status, headers } = response;
      const { location } = this;
      const rules = { links: "refuse", code: "corrupt", location } as const;
      const body = response.body === null ? new Uint8Array(0) : await collect(response.body, rules, MAX_BODY_BYTES);
      if (status < 500 && status !== 429) return { status, headers, body };
    } catch (error) {
      throw this.#failure(error, signal);
    }
    throw this.error("unavailable", "the service is out of order or overloaded");
  }

  get location(): ErrorLocation {
    return { kind: "service", place: this.where };
  }

  error(code: StorageError["code"], message: string, remedy?: string): StorageError {
    return new StorageError({ code, message, location: this.location, remedy });
  }

  /** @throws for an answer with a status that the caller does not expect */
  refused({ status }: HttpAnswer): StorageError {
    if (status === 401 || status === 403) return this.error("permission_denied", `the service answers ${status}`);
    return this.error("unsupported", `the service answers ${status}`, "Check the URL, and what the service is.");
  }

  #failure(error: unknown, signal: AbortSignal): unknown {
    if (error instanceof StorageError) return error;
    if (signal.aborted) return this.error("timeout", `the service did not answer within ${this.#timeoutMs} ms`);
    const verdict = NETWORK_VERDICTS[codeOf(causeWithCode(error)) ?? ""];
    const message = verdict?.message ?? "the request failed";
    return new StorageError({ code: "unavailable", ...verdict, message, location: this.location, cause: error });
  }
}
