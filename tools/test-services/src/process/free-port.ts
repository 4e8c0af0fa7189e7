import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** A loopback TCP port that nobody listened on a moment ago. Another process may still take it first. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}
