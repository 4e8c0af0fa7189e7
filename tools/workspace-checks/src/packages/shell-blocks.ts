/** A step of a document, in the order in which a reader comes to it. */
export type DocumentStep =
  /** A file that the reader is told to write. */
  | { readonly kind: "file"; readonly line: number; readonly path: string; readonly text: string }
  /** A block of commands. */
  | {
      readonly kind: "commands";
      readonly line: number;
      readonly text: string;
      /** Commands that prepare what the reader is supposed to have. */
      readonly setup: readonly string[];
      /** Why it cannot run in a test. */
      readonly notRun?: string;
      /** The server it needs. */
      readonly server?: string;
    };

const MARKER = /^<!-- (file|setup|not run|with): (.+) -->$/;
const FENCE = /^```(\w*)$/;

/** What a comment before a block says. */
type Mark = readonly [name: string, value: string];

/**
 * The `sh` blocks of a document and the files they use. Comments on the lines before a block, which readers do not see, say
 * how to run it:
 *
 * - `<!-- file: PATH -->`: the block, of any language, is the text of a file
 * - `<!-- setup: COMMAND -->`: runs before the block
 * - `<!-- with: SERVER -->`: needs a server
 * - `<!-- not run: REASON -->`
 */
export function documentSteps(markdown: string): DocumentStep[] {
  const steps: DocumentStep[] = [];
  const lines = markdown.split("\n");
  let marks: Mark[] = [];
  for (let at = 0; at < lines.length; at++) {
    const text = lines[at] as string;
    const [, name, value] = MARKER.exec(text) ?? [];
    if (name !== undefined && value !== undefined) {
      marks.push([name, value]);
      continue;
    }
    const [, language] = FENCE.exec(text) ?? [];
    if (language !== undefined) {
      const end = lines.indexOf("```", at + 1);
      const step = stepOf(language, `${lines.slice(at + 1, end).join("\n")}\n`, at + 2, marks);
      if (step !== undefined) steps.push(step);
      at = end;
    }
    marks = [];
  }
  return steps;
}

function stepOf(language: string, text: string, line: number, marks: readonly Mark[]): DocumentStep | undefined {
  const values = (wanted: string): string[] => marks.filter(([name]) => name === wanted).map(([, value]) => value);
  const [path] = values("file");
  if (path !== undefined) return { kind: "file", line, path, text };
  if (language !== "sh") return undefined;
  const [notRun] = values("not run");
  const [server] = values("with");
  return {
    kind: "commands",
    line,
    text,
    setup: values("setup"),
    ...(notRun === undefined ? {} : { notRun }),
    ...(server === undefined ? {} : { server }),
  };
}
