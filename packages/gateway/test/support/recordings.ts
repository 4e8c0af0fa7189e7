import { readdirSync, readFileSync } from "node:fs";

const FOLDER = new URL("../fixtures/otlp/recorded/", import.meta.url);

/** The clients whose requests were recorded; how, is in the README beside them. */
export const RECORDINGS: readonly string[] = readdirSync(FOLDER, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
  .sort();

/** A request as a client sent it, without the headers that each connection has of its own. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer<ArrayBuffer>;
}

/** The requests of a client, in the order in which they came. */
export function recordedRequests(client: string): RecordedRequest[] {
  const index = JSON.parse(read(client, "requests.json").toString()) as (Omit<RecordedRequest, "body"> & {
    readonly body: string;
  })[];
  return index.map((request) => ({ ...request, body: read(client, request.body) }));
}

/** The events that the gateway makes of them, as JSON. */
export function expectedEvents(client: string): unknown {
  return JSON.parse(read(client, "expected.json").toString());
}

function read(client: string, name: string): Buffer<ArrayBuffer> {
  return Buffer.from(readFileSync(new URL(`${client}/${name}`, FOLDER)));
}
