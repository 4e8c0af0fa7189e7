import type { ConfigSection } from "./key.js";

/** The keys of `gateway`: where `aasm serve` listens, and what it makes of what it is sent. */
export const GATEWAY_KEYS = {
  host: {
    does: "The address that `aasm serve` [listens on](gateway.md); one beyond this machine needs tokens and TLS",
    type: "name",
    default: "127.0.0.1",
    nearMisses: ["HOST", "SERVE_HOST", "LISTEN"],
  },
  port: {
    does: "The port of the REST API, OTLP and the page; `0` takes a free one",
    type: "integer",
    min: 0,
    max: 65_535,
    default: 7391,
    nearMisses: ["PORT", "SERVE_PORT"],
  },
  otlp_port: {
    does: "A second port for OTLP alone, such as `4318`, which exporters use unless told otherwise",
    type: "integer",
    min: 0,
    max: 65_535,
    nearMisses: ["OTLP_PORT"],
  },
  cert_file: {
    does: "The certificate for TLS, in PEM, followed by those of its issuers",
    type: "path",
    note: "none: plain HTTP",
    nearMisses: ["CERT_FILE", "TLS_CERT", "TLS_CERT_FILE", "GATEWAY_CERT"],
  },
  key_file: {
    does: "The key of the certificate, in PEM, without a passphrase",
    type: "path",
    nearMisses: ["KEY_FILE", "TLS_KEY", "TLS_KEY_FILE", "GATEWAY_KEY"],
  },
  public_url: {
    does: "The address that browsers use, where a [proxy](gateway.md#behind-a-proxy) stands before the gateway",
    type: "url",
    protocols: ["http:", "https:"],
    secret: true,
    nearMisses: ["PUBLIC_URL", "GATEWAY_URL"],
  },
  max_body_bytes: {
    does: "Largest body of a request, as sent and unzipped",
    type: "integer",
    min: 1024,
    max: 268_435_456,
    default: 20_971_520,
  },
  max_in_flight_bytes: {
    does: "Most bytes of bodies in memory at a time; requests beyond it are asked to come again",
    type: "integer",
    min: 1024,
    max: 4_294_967_296,
    default: 67_108_864,
  },
  session_key: {
    does: "A secret that gateways of one store share, so that [sessions of the page](gateway.md#several-gateways) are good at each of them",
    type: "token key",
    secret: true,
    note: "none: sessions end with the process",
    nearMisses: ["SESSION_KEY", "SESSION_SECRET", "COOKIE_SECRET", "SECRET_KEY"],
  },
  access_audit: {
    does: "Whether each [read of payloads](governance.md#who-read-what) becomes an audit event: who read what, and how many",
    type: "boolean",
    default: false,
    nearMisses: ["ACCESS_AUDIT", "ACCESS_LOG"],
  },
  sample_model_calls: {
    does: "Whether tokens and cost of model calls become [samples](metrics.md#from-model-calls) of the metrics `tokens` and `cost_usd`",
    type: "boolean",
    default: false,
    nearMisses: ["SAMPLE_MODEL_CALLS"],
  },
  otlp: {
    keep_attributes: {
      does: "`known` keeps the attributes of telemetry that describe an event, `all` what was said to models and by them, too",
      type: "choice",
      values: ["known", "all"],
      default: "known",
    },
    unmapped: {
      does: "Spans and log records that tell of no work of an agent: `drop` counts them, `store` makes events of them",
      type: "choice",
      values: ["drop", "store"],
      default: "drop",
    },
    max_member_bytes: {
      does: "Largest member of a payload, as JSON; of a larger one its beginning and its digest are stored",
      type: "integer",
      min: 1024,
      max: 67_108_864,
      default: 65_536,
    },
    max_payload_bytes: {
      does: "Largest payload of an event made of telemetry, as JSON; its largest members are cut first",
      type: "integer",
      min: 1024,
      max: 67_108_864,
      default: 262_144,
    },
    redact: {
      does: "What of telemetry is never stored: JSON Pointers into the payload, and names of members at any depth, such as `api_key`",
      type: "texts",
      default: [],
    },
  },
} as const satisfies ConfigSection;
