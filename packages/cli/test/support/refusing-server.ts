import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";

/** A server that answers every connection as PostgreSQL does when it lets nobody in. Whoever calls closes it. */
export async function startRefusingServer(
  sqlState: string,
  message: string,
): Promise<{ server: Server; port: number }> {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0M${message}\0\0`);
  const header = Buffer.alloc(5);
  header.write("E");
  header.writeInt32BE(fields.length + 4, 1);
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => socket.end(Buffer.concat([header, fields])));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { server, port: (server.address() as AddressInfo).port };
}
