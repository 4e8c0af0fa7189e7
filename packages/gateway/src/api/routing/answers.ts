/** How an answer differs from `200` without headers. */
export interface AnswerOptions {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A JSON answer; dates become ISO 8601. Nothing of this API may be kept by caches. */
export function jsonAnswer(value: unknown, { status = 200, headers = {} }: AnswerOptions = {}): Response {
  return new Response(`${JSON.stringify(value)}\n`, {
    status,
    headers: { ...headers, "content-type": "application/json", "cache-control": "no-store" },
  });
}

/** An answer without a body. */
export function emptyAnswer(): Response {
  return new Response(null, { status: 204, headers: { "cache-control": "no-store" } });
}

/** The entity tag of a revision or version. */
export function tagOf(revision: number): Readonly<Record<string, string>> {
  return { etag: `"${revision}"` };
}

/** A text or bytes of another type than JSON, offered as a file where it has a name. */
export function fileAnswer(
  body: string | Uint8Array<ArrayBuffer> | ReadableStream,
  mediaType: string,
  fileName?: string,
): Response {
  return new Response(body, {
    headers: {
      "content-type": mediaType,
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      ...(fileName !== undefined && { "content-disposition": `attachment; filename="${fileName}"` }),
    },
  });
}
