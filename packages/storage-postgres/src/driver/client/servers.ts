import type { Socket } from "node:net";
import {
  type ConnectionTarget,
  nameOfServer,
  type ServerAddress,
  type WantedSession,
} from "../../connection/target.js";
import { errorCode, NO_SUITABLE_SERVER } from "../errors.js";
import { openSocket } from "./socket.js";

/** What a server says of itself after a login. */
export interface SessionState {
  readonly standby: boolean;
  readonly readOnly: boolean;
}

const FITS: Readonly<Record<WantedSession, (state: SessionState) => boolean>> = {
  any: () => true,
  "read-write": ({ standby, readOnly }) => !standby && !readOnly,
  "read-only": ({ standby, readOnly }) => standby || readOnly,
  primary: ({ standby }) => !standby,
  standby: ({ standby }) => standby,
  "prefer-standby": ({ standby }) => standby,
};

/**
 * Finds the server that new connections go to. Of several, each is logged in to and asked what it is, since a server that
 * accepts a connection may still be starting, or be a standby. The one that was found last is asked first, so that the
 * connections of a process go to one server; after it is gone or was demoted, the others are asked in their order.
 */
export class ServerChooser {
  #current: ServerAddress;
  #choosing: Promise<ServerAddress> | undefined;

  constructor(
    private readonly target: ConnectionTarget,
    private readonly timeoutMs: number,
    /** Logs in to one server. */
    private readonly probe: (server: ServerAddress) => Promise<SessionState>,
  ) {
    this.#current = target.servers[0] as ServerAddress;
  }

  /** The server of the newest connection. */
  get current(): ServerAddress {
    return this.#current;
  }

  /** @throws what connecting throws; an error with the code {@link NO_SUITABLE_SERVER} where no server is what is wanted */
  async connect(): Promise<Socket> {
    const { servers, session, tls } = this.target;
    if (servers.length > 1 || session !== "any") {
      // Connections that are opened at once share an answer.
      this.#choosing ??= this.#choose().finally(() => {
        this.#choosing = undefined;
      });
      this.#current = await this.#choosing;
    }
    return openSocket(this.#current, tls, this.timeoutMs);
  }

  async #choose(): Promise<ServerAddress> {
    const { servers, session } = this.target;
    const order = [this.#current, ...servers.filter((server) => server !== this.#current)];
    const findings: string[] = [];
    let last: unknown;
    let second: ServerAddress | undefined;
    for (const server of order) {
      try {
        const state = await this.probe(server);
        if (FITS[session](state)) return server;
        second ??= server;
        findings.push(`${nameOfServer(server)} is ${wordFor(state)}`);
      } catch (error) {
        if (!isOver(error)) throw error;
        last = error;
        findings.push(`${nameOfServer(server)} does not answer (${errorCode(error)})`);
      }
    }
    if (session === "prefer-standby" && second !== undefined) return second;
    // The only one there is: its error says more.
    if (servers.length === 1 && last !== undefined) throw last;
    const wanted = session === "any" ? "" : `, and target_session_attrs=${session} is wanted`;
    throw Object.assign(new Error(`${findings.join(", ")}${wanted}`), { code: NO_SUITABLE_SERVER });
  }
}

function wordFor({ standby, readOnly }: SessionState): string {
  if (standby) return "a standby";
  return readOnly ? "read-only" : "a primary";
}

const GONE = /^(E[A-Z]+|CONNECT_TIMEOUT|CONNECTION_\w+|57P\d\d|08\w{3}|53300)$/;

/** Whether another server may do better: not where this one refuses the login, or its certificate is not accepted. */
function isOver(error: unknown): boolean {
  return GONE.test(errorCode(error) ?? "");
}
