import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { OWN_FOLDER_MARK } from "./process/folders.js";
import { watch } from "./process/watch.js";
import { ServiceUnavailable } from "./service-unavailable.js";

const run = promisify(execFile);

let availability: Promise<void> | undefined;

/** Rejects with `ServiceUnavailable` unless the Docker daemon answers within 3 s. Asked once per process. */
export function requireDocker(): Promise<void> {
  availability ??= run("docker", ["info", "--format", "{{.ServerVersion}}"], { timeout: 3_000 }).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => {
      const reason = error.code === "ENOENT" ? "Docker is not installed" : "the Docker daemon does not answer";
      throw new ServiceUnavailable(reason, "install and start Docker", { cause: error });
    },
  );
  return availability;
}

/** Makes sure that an image is there, downloading it if need be; rejects with `ServiceUnavailable` if that fails. */
export async function requireImage(image: string): Promise<void> {
  const inspected = run("docker", ["image", "inspect", image]);
  // Not there, or the daemon is in trouble: downloading tells which.
  if (await inspected.then(Boolean, () => false)) return;
  await run("docker", ["pull", "--quiet", image], { timeout: 600_000 }).catch((error: unknown) => {
    throw new ServiceUnavailable(`Docker cannot download ${image}`, `run docker pull ${image}`, { cause: error });
  });
}

/** Runs a Docker command and gives its trimmed output. Rejects with what Docker printed. */
async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run("docker", args, { timeout: 120_000 });
  return stdout.trim();
}

/** What to run in a container. */
interface ContainerOptions {
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
  /** The last lines that it printed, for an error message. */
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
    async logTail() {
      const { stdout, stderr } = await run("docker", ["logs", "--tail", "10", name], { timeout: 10_000 });
      return `${stdout}${stderr}`.trim();
    },
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
