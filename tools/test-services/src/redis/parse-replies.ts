/**
 * The complete replies in what a Redis server sent so far: statuses, numbers as text, and bulk strings (empty
 * when there is no value). Throws when one is an error or of another kind.
 */
export function parseReplies(received: Buffer): string[] {
  const replies: string[] = [];
  let start = 0;
  for (;;) {
    const lineEnd = received.indexOf("\r\n", start);
    if (lineEnd === -1) return replies;
    const kind = String.fromCharCode(received[start] as number);
    const line = received.toString("utf8", start + 1, lineEnd);
    if (kind === "-") throw new Error(`Redis answered: ${line}`);
    if (kind === "+" || kind === ":") {
      replies.push(line);
      start = lineEnd + 2;
    } else if (kind === "$") {
      // -1 is the length of a value that is not there; nothing follows it.
      const end = line === "-1" ? lineEnd : lineEnd + 2 + Number(line);
      if (received.length < end + 2) return replies;
      replies.push(received.toString("utf8", lineEnd + 2, end));
      start = end + 2;
    } else throw new Error(`Redis sent a reply of the kind ${kind}, which is not expected here`);
  }
}
