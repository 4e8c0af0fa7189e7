import { StorageError } from "@agent-assembly/storage-core";

/**
 * On an older Node.js the first call of something that it lacks would fail, with an error that says nothing of the reason.
 * @param running the version, such as `20.19.0`
 * @throws `unsupported`
 */
export function requireNode(running: string = process.versions.node): void {
  const [major = 0, minor = 0] = running.split(".").map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new StorageError({
    code: "unsupported",
    message: `these packages need Node.js 20.19 or later, and this is ${running}`,
    remedy: "Install a newer one, or select it with your version manager.",
    operation: "open",
  });
}
