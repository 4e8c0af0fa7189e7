import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { ServiceUnavailable } from "../service-unavailable.js";
import { ARCHITECTURES } from "./recipe.js";

const ALTERNATIVE = "set the AASM_TEST_*_URL variables to servers of your own";

/** Debian's name for this machine's processor. Throws `ServiceUnavailable` where Debian's packages cannot run in place. */
export async function debianArchitecture(): Promise<string> {
  if (process.platform !== "linux") throw new ServiceUnavailable("Debian's packages run on Linux only", ALTERNATIVE);
  for (const program of ["/usr/bin/apt-get", "/usr/bin/dpkg-deb"]) {
    if (!existsSync(program)) throw new ServiceUnavailable(`${program} is missing: not Debian or Ubuntu`, ALTERNATIVE);
  }
  if (!existsSync("/usr/share/zoneinfo/UTC")) {
    throw new ServiceUnavailable("PostgreSQL needs the time zone files of the machine", "install the package tzdata");
  }
  const { stdout } = await promisify(execFile)("dpkg", ["--print-architecture"]);
  const architecture = stdout.trim();
  if (ARCHITECTURES[architecture] !== undefined) return architecture;
  throw new ServiceUnavailable(`the packages are not set up for ${architecture} processors`, ALTERNATIVE);
}
