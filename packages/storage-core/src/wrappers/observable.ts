import { type Attributes, metrics, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { StorageBackend } from "../backend.js";
import { isStorageError } from "../errors.js";
import { interceptBackend, type OperationInfo, type WrappedBackend } from "../intercept.js";

const SCOPE = "@agent-assembly/storage-core";

/**
 * Reports every operation through the OpenTelemetry API: a client span `storage.<operation>`, the counter
 * `storage.operations` and the histogram `storage.operation.duration` (seconds), with the attributes `db.system.name`,
 * `db.operation.name` and, on failure, `error.type` (the error's code). Without a registered SDK it costs next to nothing.
 * @example
 * ```ts
 * import { openMemoryStorage } from "@agent-assembly/storage-core/memory";
 * import { observable } from "@agent-assembly/storage-core/wrappers";
 *
 * await using storage = observable(openMemoryStorage());
 * await storage.audit.count({}); // the span storage.audit.count
 * ```
 */
export function observable<B extends StorageBackend>(backend: B): WrappedBackend<B> {
  const tracer = trace.getTracer(SCOPE);
  const meter = metrics.getMeter(SCOPE);
  const operations = meter.createCounter("storage.operations", { description: "Storage operations ended" });
  const duration = meter.createHistogram("storage.operation.duration", {
    description: "Duration of storage operations",
    unit: "s",
  });

  const begin = (operation: OperationInfo) => {
    const attributes: Attributes = { "db.system.name": backend.name, "db.operation.name": operation.name };
    const startedAt = performance.now();
    const span = tracer.startSpan(`storage.${operation.name}`, { kind: SpanKind.CLIENT, attributes });
    const end = (error?: unknown): void => {
      if (error !== undefined) {
        const type = isStorageError(error) ? error.code : "internal";
        attributes["error.type"] = type;
        span.setAttribute("error.type", type);
        span.setStatus({ code: SpanStatusCode.ERROR, message: type });
      }
      span.end();
      operations.add(1, attributes);
      duration.record((performance.now() - startedAt) / 1000, attributes);
    };
    return { end };
  };

  return interceptBackend(backend, {
    async call(operation, run) {
      const { end } = begin(operation);
      try {
        const result = await run();
        end();
        return result;
      } catch (error) {
        end(error);
        throw error;
      }
    },
    iterate(operation, run) {
      const { end } = begin(operation);
      try {
        return observed(run(), end);
      } catch (error) {
        end(error);
        throw error;
      }
    },
  });
}

async function* observed<T>(source: AsyncIterable<T>, end: (error?: unknown) => void): AsyncGenerator<T> {
  let failure: unknown;
  try {
    yield* source;
  } catch (error) {
    failure = error;
    throw error;
  } finally {
    end(failure);
  }
}
