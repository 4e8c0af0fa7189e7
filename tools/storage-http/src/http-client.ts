import { StorageError } from "@agent-assembly/storage-core";
import { jsonProblem } from "@agent-assembly/storage-core/backend";
import { type Problem, problemError } from "./problem-error.js";

/** How a gateway is reached. */
export interface HttpClientOptions {
  /** Of the gateway, such as `http://127.0.0.1:7391`. */
  readonly url: string;
  /**
   * Logs an actor in.
   * @returns headers with which requests are made in this name
   */
  readonly login: (actor: string) => Promise<Readonly<Record<string, string>>>;
}

/** One request. */
export interface HttpRequest {
  readonly query?: URLSearchParams | undefined;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** JSON text, in place of `json`. */
  readonly body?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** In whose name; default the client's own. */
  readonly actor?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** The argument of the method of the store that the request is made for; errors name its members. */
  readonly argument?: string | undefined;
}

const OWN_NAME = "client";

/** Speaks HTTP with the API of a gateway; its problems become errors of the store. */
export class HttpClient {
  readonly #logins = new Map<string, Promise<Readonly<Record<string, string>>>>();

  constructor(private readonly options: HttpClientOptions) {}

  /** @throws StorageError for a problem, and for a gateway that cannot be reached */
  async request(method: string, path: string, request: HttpRequest = {}): Promise<Response> {
    const { query, json, headers, actor = OWN_NAME, signal, argument } = request;
    const body = json === undefined ? request.body : JSON.stringify(json);
    const search = query === undefined || query.size === 0 ? "" : `?${query}`;
    const response = await this.#fetch(`${this.options.url}/api/v1${path}${search}`, {
      method,
      headers: {
        ...(await this.#login(actor)),
        ...(body !== undefined && { "content-type": "application/json" }),
        ...headers,
      },
      ...(body !== undefined && { body }),
      ...(signal !== undefined && { signal }),
    });
    if (response.ok) return response;
    throw await errorOf(response, argument);
  }

  /** The JSON of an answer. @throws as {@link request} */
  async json<T>(method: string, path: string, request?: HttpRequest): Promise<T> {
    return (await (await this.request(method, path, request)).json()) as T;
  }

  /** As {@link json}; `undefined` for what is not there. */
  async find<T>(path: string, request?: HttpRequest): Promise<T | undefined> {
    try {
      return await this.json<T>("GET", path, request);
    } catch (error) {
      if ((error as StorageError).code === "not_found") return undefined;
      throw error;
    }
  }

  #login(actor: string): Promise<Readonly<Record<string, string>>> {
    const known = this.#logins.get(actor) ?? this.options.login(actor);
    this.#logins.set(actor, known);
    return known;
  }

  async #fetch(url: string, init: RequestInit): Promise<Response> {
    try {
      return await fetch(url, init);
    } catch (error) {
      if (init.signal?.aborted === true) throw error;
      throw new StorageError({ code: "unavailable", message: "the gateway cannot be reached", cause: error });
    }
  }
}

async function errorOf(response: Response, argument: string | undefined): Promise<StorageError> {
  const text = await response.text();
  if (response.headers.get("content-type") === "application/problem+json") {
    return problemError(JSON.parse(text) as Problem, argument);
  }
  // Node's server refuses a request line and headers beyond 16 KiB itself.
  const code = response.status === 431 ? "too_large" : "internal";
  return new StorageError({ code, message: `the gateway answered with the status ${response.status}` });
}

/** One step of a path. An id may hold any character. @throws StorageError `not_found` for what no URL can hold */
export function step(text: string): string {
  // A URL has no other place for these two than the folder itself and the one above.
  if (text !== "." && text !== ".." && text.isWellFormed()) return encodeURIComponent(text);
  throw new StorageError({ code: "not_found", message: "there is nothing with such a name" });
}

/**
 * The value as it can be sent: JSON would drop or change others without a word.
 * @throws StorageError `invalid_argument` or `too_large`
 */
export function sendable<T>(argument: string, value: T): T {
  const problem = jsonProblem(value);
  if (problem === undefined) return value;
  throw new StorageError({
    code: problem.startsWith("takes") ? "too_large" : "invalid_argument",
    option: argument,
    message: `{option} ${problem}`,
  });
}

/** The entity tag that binds a change to a revision or version. */
export function ifMatch(expected: number | undefined): Readonly<Record<string, string>> {
  return expected === undefined ? {} : { "if-match": `"${expected}"` };
}
