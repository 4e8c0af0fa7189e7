import { askAhead, takeAhead } from "./ahead.js";

/** What the gateway answers instead of a result: an RFC 9457 problem, or that it could not be reached. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** 0 where no answer came. */
    readonly status: number,
    /** As in `StorageError`, `unreachable` without an answer. */
    readonly code: string,
    detail: string,
    readonly remedy?: string,
    /** The whole problem, for members beyond the standard ones. */
    readonly problem: Readonly<Record<string, unknown>> = {},
  ) {
    super(detail);
  }
}

/** Where the API is: beside the page, wherever that is mounted. */
const BASE = new URL("api/v1/", document.baseURI);

/** Values of a query string; a list gives its key several times, `undefined` none. */
export type Query = Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>;

/** @param path below `/api/v1/`, already encoded */
export function apiUrl(path: string, query: Query = {}): string {
  const url = new URL(path, BASE);
  for (const [key, value] of Object.entries(query)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) url.searchParams.append(key, String(one));
  }
  return url.href;
}

/** @throws ApiError, or the signal's reason */
export async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  const url = apiUrl(path, query);
  const ahead = takeAhead(url);
  if (ahead === undefined) return send<T>(url, { signal: signal ?? null });
  const answer = await ahead;
  signal?.throwIfAborted();
  return answer as T;
}

/** Sends what {@link get} will be called for. @returns resolves when the answer is there, be it a failure */
export function getAhead(path: string, query?: Query): Promise<void> {
  const url = apiUrl(path, query);
  return askAhead(url, (signal) => send(url, { signal }));
}

/** Options of a request that writes. */
export interface WriteOptions {
  readonly method?: "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The version that was seen; the gateway refuses when it is no longer the current one. */
  readonly ifMatch?: string | undefined;
}

/** @throws ApiError */
export function write<T>(path: string, { method = "POST", body, ifMatch }: WriteOptions = {}): Promise<T> {
  const headers: Record<string, string> = { "content-type": "application/json", "x-aasm": "1" };
  if (ifMatch !== undefined) headers["if-match"] = ifMatch;
  return send<T>(apiUrl(path), { method, headers, body: JSON.stringify(body ?? {}) });
}

/** The answer as it came, for what is no JSON. @throws ApiError, or the signal's reason */
export async function getResponse(url: string, init: RequestInit = {}): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(url, { ...init, credentials: "same-origin" });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiError(0, "unreachable", "The gateway does not answer.", "Check that aasm serve runs, then try again.");
  }
  init.signal?.throwIfAborted();
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function send<T>(url: string, init: RequestInit): Promise<T> {
  const response = await getResponse(url, init);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

async function problemOf(response: Response): Promise<ApiError> {
  const { status } = response;
  const isProblem = response.headers.get("content-type")?.includes("json") === true;
  const problem = isProblem ? ((await response.json()) as Record<string, unknown>) : {};
  const text = (key: string): string | undefined =>
    typeof problem[key] === "string" ? (problem[key] as string) : undefined;
  return new ApiError(
    status,
    text("code") ?? `http_${status}`,
    text("detail") ?? text("title") ?? `The gateway answered ${status}.`,
    text("remedy"),
    problem,
  );
}
