import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Readable, Writable } from "node:stream";
import { pathToFileURL } from "node:url";

/** The command line as its program runs it. */
type Main = (argv: readonly string[], host: object) => Promise<number>;

/** What a command answered. */
export interface Answer {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `aasm` within this process, with a folder as home and place of work. */
export async function commandLine(
  folder: string,
): Promise<(args: readonly string[], stdin?: Uint8Array) => Promise<Answer>> {
  const { main } = (await import(programOf("main.js"))) as { main: Main };
  const signal = new AbortController().signal;
  return async (args, stdin = new Uint8Array()) => {
    const [stdout, stderr] = [sink(), sink()];
    const streams = { stdin: Readable.from([Buffer.from(stdin)]), stdout, stderr };
    const code = await main(args, { ...streams, env: { HOME: folder }, cwd: folder, signal });
    return { code, stdout: stdout.text, stderr: stderr.text };
  };
}

/** A file of the built program, which exports nothing to other packages. */
function programOf(file: string): string {
  const manifest = createRequire(import.meta.url).resolve("@agent-assembly/cli/package.json");
  return pathToFileURL(join(dirname(manifest), "dist", file)).href;
}

function sink(): Writable & { text: string } {
  const stream = Object.assign(
    new Writable({
      write(chunk: Buffer, _, done) {
        stream.text += chunk.toString();
        done();
      },
    }),
    { text: "" },
  );
  return stream;
}
