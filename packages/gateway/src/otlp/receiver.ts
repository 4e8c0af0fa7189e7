import { setImmediate } from "node:timers/promises";
import type { Context } from "hono";
import type { GatewayContext, GatewayEnv, Identity } from "../context.js";
import { type ProblemError, problem } from "../http/problem.js";
import type { Counter } from "../metrics/registry.js";
import { encodingOf, exportResponse, type OtlpEncoding } from "./answers.js";
import { GatheredAppends } from "./gathered-appends.js";
import { parsePoints } from "./json/points.js";
import { type MappedRequest, mapRequest, type RecordsRequest } from "./mapping/map-request.js";
import { MappingThread } from "./mapping/mapping-thread.js";
import { ingestPoints } from "./metrics/ingest.js";
import { RecentRequests } from "./metrics/recent-requests.js";
import { type OtlpOptions, parseOtlpOptions, type ResolvedOtlpOptions } from "./options.js";
import { ignoredMessage, type OtlpSignal, type Outcome, rejectionMessage } from "./outcome.js";
import { readPoints } from "./protobuf/points.js";
import { storeMapped } from "./store-mapped.js";
import { Warnings } from "./warnings.js";

const POINTS = { protobuf: readPoints, json: parsePoints } as const;
/** Below it, about 64 spans, a request is read sooner than it is handed to another thread. */
const LEAST_BYTES_OF_THREAD = 64 * 1024;

/** Takes the export requests of a gateway: decodes, stores, and answers once everything is durable. */
export class OtlpReceiver {
  readonly #received: Counter;
  readonly #ignored: Counter;
  readonly #rejected: Counter;
  readonly #warnings: Warnings;
  readonly #recent: RecentRequests<Outcome>;

  readonly #options: ResolvedOtlpOptions;
  readonly #thread: MappingThread;
  readonly #appends: GatheredAppends;

  /** @throws `invalid_argument` for an option that cannot be used */
  constructor(
    private readonly context: GatewayContext,
    options: OtlpOptions,
  ) {
    this.#options = parseOtlpOptions(options);
    this.#thread = new MappingThread(options, context.closing);
    this.#appends = new GatheredAppends(context.append, () => this.#thread.isReading);
    const { metrics } = context;
    this.#received = metrics.counter("aasm_otlp_received_total", "Spans, log records and data points that came in.");
    this.#ignored = metrics.counter("aasm_otlp_ignored_total", "Items that tell of no work of an agent.");
    this.#rejected = metrics.counter("aasm_otlp_rejected_total", "Items that could not be stored.");
    this.#warnings = new Warnings(context.now);
    this.#recent = new RecentRequests(context.now);
  }

  /** @throws ProblemError, or an error of the store, for a request of which nothing is stored */
  async receive(signal: OtlpSignal, c: Context<GatewayEnv>): Promise<Response> {
    const encoding = encodingIn(c.req.header("content-type"));
    if (this.context.closing.aborted) throw problem("closed", "the gateway is shutting down", { retryable: true });
    const { identity } = c.var;
    const outcome = await this.context.bodies.use(c.req.raw, (body) => {
      const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
      return this.#ingest(signal, encoding, bytes, identity);
    });
    this.#count(signal, outcome);
    const message = rejectionMessage(signal, outcome) || this.#warning(signal, outcome, identity);
    return exportResponse(encoding, signal, { rejected: outcome.rejected.length, message });
  }

  async #ingest(signal: OtlpSignal, encoding: OtlpEncoding, bytes: Buffer, identity: Identity): Promise<Outcome> {
    if (signal !== "metrics") {
      const { teamId } = identity;
      return storeMapped(await this.#map({ signal, encoding, bytes, teamId }), this.#appends);
    }
    const { storage } = this.context;
    const points = POINTS[encoding](bytes);
    return this.#recent.once(identity.name, bytes, () => ingestPoints(points, storage, identity));
  }

  async #map(request: RecordsRequest): Promise<MappedRequest> {
    const isLarge = request.bytes.byteLength >= LEAST_BYTES_OF_THREAD;
    if (isLarge && (await this.#thread.isReady())) return this.#thread.map(request);
    // Other requests wait meanwhile: a large one must not hold them up for long.
    return mapRequest(request, this.#options, () => setImmediate());
  }

  #count(signal: OtlpSignal, { items, ignored, rejected }: Outcome): void {
    this.#received.add({ signal }, items);
    for (const [reason, count] of ignored) this.#ignored.add({ reason }, count);
    for (const { code } of rejected) this.#rejected.add({ code });
  }

  /** That items are left out is said once an hour: it is so on purpose, and each request of most clients has some. */
  #warning(signal: OtlpSignal, outcome: Outcome, { name }: Identity): string {
    const message = ignoredMessage(signal, outcome);
    return message !== "" && this.#warnings.isDue(name, signal) ? message : "";
  }
}

/** @throws ProblemError 415 for any other media type */
function encodingIn(contentType: string | undefined): OtlpEncoding {
  const encoding = encodingOf(contentType);
  if (encoding !== undefined) return encoding;
  if (/^\s*application\/grpc/i.test(contentType ?? "")) throw isGrpc();
  throw problem("unsupported_media_type", "the Content-Type of the request is not supported", {
    remedy: "Send application/x-protobuf or application/json.",
  });
}

/** A client of gRPC is told what to change. */
export function isGrpc(): ProblemError {
  return problem("unsupported_media_type", "gRPC is not supported", {
    remedy: "Set OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf, or send through a Collector.",
  });
}
