import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Reply, Request } from "./servers.js";

const CONFIG = `
[ req ]
distinguished_name = name
prompt = no
[ name ]
CN = Test TSA
[ tsa_cert ]
extendedKeyUsage = critical,timeStamping
[ tsa ]
default_tsa = tsa1
[ tsa1 ]
serial = FOLDER/serial
crypto_device = builtin
signer_cert = FOLDER/cert.pem
certs = FOLDER/cert.pem
signer_key = FOLDER/key.pem
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ordering = yes
tsa_name = no
ess_cert_id_chain = no
ess_cert_id_alg = sha256
`;

const run = promisify(execFile);

/** A time-stamping authority: OpenSSL makes and signs its answers. */
export class TimeStamper {
  readonly #config: string;
  readonly certificate: string;

  private constructor(private readonly folder: string) {
    this.#config = join(folder, "tsa.cnf");
    this.certificate = join(folder, "cert.pem");
  }

  /** @param folder for its key, and what it works with */
  static async create(folder: string): Promise<TimeStamper> {
    const one = new TimeStamper(folder);
    await writeFile(one.#config, CONFIG.replaceAll("FOLDER", folder.replaceAll("\\", "/")));
    await writeFile(join(folder, "serial"), "01\n");
    const key = ["-newkey", "rsa:2048", "-nodes", "-keyout", join(folder, "key.pem")];
    await run("openssl", [
      "req",
      "-x509",
      "-config",
      one.#config,
      "-extensions",
      "tsa_cert",
      ...key,
      "-out",
      one.certificate,
    ]);
    return one;
  }

  readonly handle = async ({ method, headers, body }: Request): Promise<Reply> => {
    if (method !== "POST" || headers["content-type"] !== "application/timestamp-query") return { status: 400 };
    const [query, reply] = [join(this.folder, "query"), join(this.folder, "reply")];
    await writeFile(query, body);
    await run("openssl", ["ts", "-reply", "-config", this.#config, "-queryfile", query, "-out", reply]);
    return { headers: { "content-type": "application/timestamp-reply" }, body: await readFile(reply) };
  };

  /** What `openssl ts -verify` says of a token for some data. */
  async verify(token: Uint8Array, data: string): Promise<string> {
    const [tokenFile, dataFile] = [join(this.folder, "token"), join(this.folder, "data")];
    await writeFile(tokenFile, token);
    await writeFile(dataFile, data);
    const files = ["-data", dataFile, "-in", tokenFile, "-token_in", "-CAfile", this.certificate];
    const { stdout, stderr } = await run("openssl", ["ts", "-verify", ...files]).catch((error) => error);
    return `${stdout}${stderr}`;
  }
}
