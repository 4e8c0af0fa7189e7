import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { type Problem, RETRY_AFTER_STORE } from "../http/problem.js";
import type { OtlpSignal } from "./outcome.js";
import { RESPONSE } from "./protobuf/fields.js";

/** An encoding of requests, in which they are answered too. */
export type OtlpEncoding = "protobuf" | "json";

const MEDIA_TYPES: Readonly<Record<OtlpEncoding, string>> = {
  protobuf: "application/x-protobuf",
  json: "application/json",
};
const REJECTED_MEMBER: Readonly<Record<OtlpSignal, string>> = {
  traces: "rejectedSpans",
  logs: "rejectedLogRecords",
  metrics: "rejectedDataPoints",
};

/** Codes of gRPC, which OTLP's errors carry. */
const STATUS_CODES: Readonly<Record<number, number>> = {
  400: 3,
  401: 16,
  403: 7,
  404: 5,
  405: 12,
  413: 8,
  415: 3,
  429: 8,
  503: 14,
};
const INTERNAL = 13;

/** The encoding of a media type; `undefined` for one that is not read. */
export function encodingOf(contentType: string | undefined): OtlpEncoding | undefined {
  const type = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase();
  if (type === "application/x-protobuf" || type === "application/protobuf") return "protobuf";
  return type === "application/json" ? "json" : undefined;
}

/** What a client is told of a request that was read. */
export interface ExportAnswer {
  /** Items that are not stored and must not be sent again. */
  readonly rejected: number;
  /** Of them, or a warning where there are none; `""` for neither. */
  readonly message: string;
}

/** `ExportTraceServiceResponse` and its like, with 200. */
export function exportResponse(encoding: OtlpEncoding, signal: OtlpSignal, answer: ExportAnswer): Response {
  const { rejected, message } = answer;
  const isWhole = rejected === 0 && message === "";
  if (encoding === "protobuf") return respond(200, encoding, isWhole ? null : partialSuccess(answer));
  const member = REJECTED_MEMBER[signal];
  const partial = { partialSuccess: { [member]: String(rejected), errorMessage: message } };
  return respond(200, encoding, JSON.stringify(isWhole ? {} : partial));
}

function partialSuccess({ rejected, message }: ExportAnswer): Uint8Array<ArrayBuffer> {
  const writer = new BinaryWriter();
  writer.tag(RESPONSE.partialSuccess, WireType.LengthDelimited).fork();
  if (rejected > 0) writer.tag(RESPONSE.rejected, WireType.Varint).int64(rejected);
  if (message !== "") writer.tag(RESPONSE.errorMessage, WireType.LengthDelimited).string(message);
  return writer.join().finish();
}

/**
 * `google.rpc.Status`, with the status of the problem. What only an operator can mend is answered as what passes: a Collector
 * keeps its queue then, and drops it after any other answer.
 */
export function statusResponse(encoding: OtlpEncoding, problem: Problem): Response {
  const isStore = STORE_PROBLEMS.has(problem.code);
  const status = isStore ? 503 : problem.status;
  const retryAfter = problem.retryAfter ?? (isStore ? RETRY_AFTER_STORE : undefined);
  const code = STATUS_CODES[status] ?? INTERNAL;
  const message = problem.remedy === undefined ? problem.detail : `${problem.detail}. ${problem.remedy}`;
  const headers = {
    ...problem.headers,
    ...(retryAfter === undefined ? {} : { "retry-after": String(retryAfter) }),
  };
  if (encoding === "json") return respond(status, encoding, JSON.stringify({ code, message }), headers);
  const writer = new BinaryWriter();
  writer.tag(RESPONSE.statusCode, WireType.Varint).int32(code);
  writer.tag(RESPONSE.statusMessage, WireType.LengthDelimited).string(message);
  return respond(status, encoding, writer.finish(), headers);
}

const STORE_PROBLEMS: ReadonlySet<Problem["code"]> = new Set(["full", "permission_denied", "closed"]);

function respond(
  status: number,
  encoding: OtlpEncoding,
  body: string | Uint8Array<ArrayBuffer> | null,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(body, { status, headers: { ...headers, "content-type": MEDIA_TYPES[encoding] } });
}
