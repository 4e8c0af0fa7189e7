import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Work, Worked } from "./work.js";

const PROGRAM = fileURLToPath(new URL("work.js", import.meta.url));

/** Seals or verifies a store in a process of its own. */
export async function runWork(work: Work): Promise<Worked> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, JSON.stringify(work)]);
  return JSON.parse(stdout) as Worked;
}

/** A sealer in another process, which seals from `on` to `off`. */
export interface OtherSealer extends AsyncDisposable {
  on(): Promise<void>;
  /** Seals what is left, and rests. */
  off(): Promise<void>;
}

export async function startSealer(work: Omit<Work, "work">): Promise<OtherSealer> {
  const child = fork(PROGRAM, [JSON.stringify({ ...work, work: "run" } satisfies Work)]);
  const tell = async (message: "on" | "off"): Promise<void> => {
    const done = once(child, "message");
    child.send(message);
    await done;
  };
  await once(child, "message");
  return {
    on: () => tell("on"),
    off: () => tell("off"),
    async [Symbol.asyncDispose]() {
      const exited = once(child, "exit");
      child.send("end");
      await exited;
    },
  };
}
