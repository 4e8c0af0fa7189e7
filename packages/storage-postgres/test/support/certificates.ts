import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Files of certificates, made with OpenSSL. */
export interface Certificates {
  /** Of the authority that signed the others. */
  readonly ca: string;
  /** Of an authority that signed none. */
  readonly otherCa: string;
  /** PEM of a server named `localhost`, and of its key. */
  readonly server: { readonly certificate: string; readonly key: string };
  /** Of the user `app`. */
  readonly client: { readonly certificate: string; readonly key: string };
  remove(): void;
}

/** @throws where there is no program `openssl` */
export function makeCertificates(): Certificates {
  const folder = mkdtempSync(join(tmpdir(), "aasm-test-tls-"));
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => {
    execFileSync("openssl", args, { stdio: "ignore", cwd: folder });
  };
  const authority = (name: string): void =>
    openssl(
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", `/CN=${name}`],
      ...["-keyout", `${name}.key`, "-out", `${name}.pem`],
    );
  const signed = (name: string, extensions: string): void => {
    openssl(
      "req",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-subj",
      `/CN=${name}`,
      "-keyout",
      `${name}.key`,
      "-out",
      `${name}.csr`,
    );
    writeFileSync(file(`${name}.ext`), extensions);
    openssl(
      ...["x509", "-req", "-days", "2", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial"],
      ...["-extfile", `${name}.ext`, "-out", `${name}.pem`],
    );
  };
  authority("ca");
  authority("other");
  signed("localhost", "subjectAltName=DNS:localhost");
  signed("app", "extendedKeyUsage=clientAuth");
  return {
    ca: file("ca.pem"),
    otherCa: file("other.pem"),
    server: {
      certificate: readFileSync(file("localhost.pem"), "utf8"),
      key: readFileSync(file("localhost.key"), "utf8"),
    },
    client: { certificate: file("app.pem"), key: file("app.key") },
    remove: () => rmSync(folder, { recursive: true }),
  };
}
