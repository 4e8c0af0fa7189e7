import { randomBytes } from "node:crypto";
import { OWN_FOLDER_MARK } from "../process/folders.js";
import { watch } from "../process/watch.js";
import { containerLog, docker } from "./docker.js";

/** What to run in a container. */
export interface ContainerOptions {
  readonly service: string;
  readonly image: string;
  /** Loopback port of this machine that leads to `containerPort`. */
  readonly port: number;
  readonly containerPort: number;
  readonly environment?: Readonly<Record<string, string>>;
  readonly args: readonly string[];
}

/** A container that is removed when this process ends, or by `remove`. */
export interface Container {
  /** Sends a signal to the server, waits for its end and starts it again with the same data and port. */
  restart(signal: NodeJS.Signals): Promise<void>;
  /** Sends a signal and waits for the end; nothing happens when it does not run. */
  end(signal: NodeJS.Signals): Promise<void>;
  remove(): Promise<void>;
  logTail(): Promise<string>;
}

/** Starts a container in the background, under a random name. */
export async function startContainer(options: ContainerOptions): Promise<Container> {
  const name = `${OWN_FOLDER_MARK}-${options.service}-${randomBytes(6).toString("hex")}`;
  const forget = watch({ kind: "container", name });
  try {
    await docker(...runArguments(name, options));
  } catch (error) {
    // Made but not started, for instance when the port was taken meanwhile.
    await docker("rm", "--force", "--volumes", name);
    forget();
    throw error;
  }
  const isRunning = async () => (await docker("inspect", "--format", "{{.State.Running}}", name)) === "true";
  const end = async (signal: NodeJS.Signals) => {
    if (!(await isRunning())) return;
    await docker("kill", "--signal", signal, name);
    await docker("wait", name);
  };
  let removed = false;
  return {
    end,
    async restart(signal) {
      await end(signal);
      await docker("start", name);
    },
    async remove() {
      if (removed) return;
      await docker("rm", "--force", "--volumes", name);
      removed = true;
      forget();
    },
    logTail: () => containerLog(name),
  };
}

/** The arguments of `docker run`. */
export function runArguments(name: string, options: ContainerOptions): string[] {
  const { image, port, containerPort, environment = {}, args } = options;
  const variables = Object.entries(environment).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
  const publish = ["--publish", `127.0.0.1:${port}:${containerPort}`];
  // Docker's 64 MB of shared memory are too few for PostgreSQL's parallel queries.
  return ["run", "--detach", "--name", name, "--shm-size", "256m", ...publish, ...variables, image, ...args];
}
