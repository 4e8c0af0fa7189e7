/** One message of a stream of server-sent events. */
export interface StreamMessage {
  readonly event: string;
  readonly id: string | undefined;
  readonly data: unknown;
}

/** The texts of a stream between two separators; what comes after the last one is left out. */
async function* parts(body: ReadableStream<Uint8Array>, separator: string): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    const complete = text.split(separator);
    text = complete.pop() ?? "";
    yield* complete;
  }
}

/** The JSON values of a stream of lines. */
export async function* jsonLines<T>({ body }: Response): AsyncGenerator<T> {
  if (body === null) return;
  for await (const line of parts(body, "\n")) yield JSON.parse(line) as T;
}

/** The messages of a stream of server-sent events; comments are passed over. */
export async function* streamMessages({ body }: Response): AsyncGenerator<StreamMessage> {
  if (body === null) return;
  for await (const block of parts(body, "\n\n")) {
    const fields = new Map(block.split("\n").map((line): [string, string] => fieldOf(line)));
    const data = fields.get("data");
    if (data !== undefined) yield { event: fields.get("event") ?? "", id: fields.get("id"), data: JSON.parse(data) };
  }
}

function fieldOf(line: string): [name: string, value: string] {
  const at = line.indexOf(":");
  return [line.slice(0, at), line.slice(at + 2)];
}
