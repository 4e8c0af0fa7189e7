import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ServiceUnavailable } from "../service-unavailable.js";

const run = promisify(execFile);
const START_DOCKER = "install and start Docker";

let availability: Promise<void> | undefined;

/** Rejects with `ServiceUnavailable` unless the Docker daemon answers within 3 s. Asked once per process. */
export function requireDocker(): Promise<void> {
  availability ??= run("docker", ["info", "--format", "{{.ServerVersion}}"], { timeout: 3_000 }).then(
    () => undefined,
    (error: NodeJS.ErrnoException) => {
      const reason = error.code === "ENOENT" ? "Docker is not installed" : "the Docker daemon does not answer";
      throw new ServiceUnavailable(reason, START_DOCKER, { cause: error });
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
export async function docker(...args: string[]): Promise<string> {
  const { stdout } = await run("docker", args, { timeout: 120_000 });
  return stdout.trim();
}

/** The last lines that a container printed, for an error message. */
export async function containerLog(name: string): Promise<string> {
  const { stdout, stderr } = await run("docker", ["logs", "--tail", "10", name], { timeout: 10_000 });
  return `${stdout}${stderr}`.trim();
}
