import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runOwnedCommand } from "../process/spawn.js";
import { ServiceUnavailable } from "../service-unavailable.js";
import { findKeyring, findMirrors } from "./apt-sources.js";
import { LEFT_OUT, PACKAGES, SUITE } from "./recipe.js";

/**
 * Downloads the packages of the recipe and what they need, with a private apt root inside `folder`: the machine's own
 * package state is neither read nor changed. Gives the paths of the `.deb` files.
 */
export async function downloadPackages(folder: string): Promise<string[]> {
  const root = join(folder, "apt");
  for (const name of ["state/lists/partial", "cache/archives/partial", "etc"]) {
    await mkdir(join(root, name), { recursive: true });
  }
  await writeFile(join(root, "state/status"), LEFT_OUT.map(installedStanza).join("\n"));
  const keyring = findKeyring();
  const failures: unknown[] = [];
  for (const mirror of findMirrors()) {
    await writeFile(join(root, "etc/sources.list"), `deb [signed-by=${keyring}] ${mirror} ${SUITE} main\n`);
    try {
      await aptGet(root, ["update", "--error-on=any"]);
      await aptGet(root, ["install", "--yes", "--no-install-recommends", "--download-only", ...PACKAGES]);
      const archives = join(root, "cache/archives");
      return (await readdir(archives)).filter((name) => name.endsWith(".deb")).map((name) => join(archives, name));
    } catch (error) {
      failures.push(error);
    }
  }
  const reason = `no Debian mirror gave the packages: ${failures.map(String).join("\n")}`;
  throw new ServiceUnavailable(reason, "check the network and the apt sources", {
    cause: new AggregateError(failures),
  });
}

function aptGet(root: string, args: readonly string[]): Promise<string> {
  const options = {
    "Dir::State": join(root, "state"),
    "Dir::State::Lists": join(root, "state/lists"),
    "Dir::State::status": join(root, "state/status"),
    "Dir::Cache": join(root, "cache"),
    "Dir::Cache::Archives": join(root, "cache/archives"),
    // Images of containers switch these off; the second command would read all lists of packages again.
    "Dir::Cache::pkgcache": join(root, "cache/pkgcache.bin"),
    "Dir::Cache::srcpkgcache": join(root, "cache/srcpkgcache.bin"),
    "Dir::Etc::sourcelist": join(root, "etc/sources.list"),
    "Dir::Etc::sourceparts": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    // Without this, apt as root reads the folder as its own user, who may not get there.
    "APT::Sandbox::User": process.getuid?.() === 0 ? "root" : "",
    "Acquire::Languages": "none",
    "Acquire::Retries": "2",
  };
  const flags = Object.entries(options).flatMap(([name, value]) => ["-o", `${name}=${value}`]);
  return runOwnedCommand("apt-get", [...flags, "--quiet", ...args], { mark: root, timeoutMs: 300_000 });
}

function installedStanza(name: string): string {
  return [
    `Package: ${name}`,
    "Status: install ok installed",
    "Version: 999:1",
    "Architecture: all",
    "Multi-Arch: foreign",
    "Maintainer: none <none@example.invalid>",
    "Description: left out",
    "",
  ].join("\n");
}
