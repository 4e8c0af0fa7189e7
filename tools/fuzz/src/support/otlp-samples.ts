import { type Field, message } from "./protobuf.js";
import { SAMPLES } from "./transcripts.js";

/** A path of OTLP, and bodies that are sent there. */
export interface OtlpSample {
  readonly path: "/v1/traces" | "/v1/logs" | "/v1/metrics";
  readonly isJson: boolean;
  readonly body: Uint8Array;
}

type Fields = readonly Field[];

const ID = Buffer.from("5b8efff798038103d269b633813fc60c", "hex");
const NOW = (): bigint => BigInt(Date.now()) * 1_000_000n;
const text = (value: string): Fields => [[1, value]];
const attribute = (name: string, value: Fields): Fields => [
  [1, name],
  [2, value],
];
const resource: Fields = [[1, attribute("service.name", text("shop"))]];
/** A request with one record: all three have the same outer messages. */
const request = (record: Fields): Uint8Array =>
  message([
    1,
    [
      [1, resource],
      [
        2,
        [
          [1, text("tracer")],
          [2, record],
          [3, "https://example.com/schema"],
        ],
      ],
    ],
  ]);

const span = (): Fields => [
  [1, ID],
  [2, ID.subarray(8)],
  [4, ID.subarray(0, 8)],
  [5, "execute_tool search"],
  [6, 3n],
  [7, { fixed64: NOW() }],
  [8, { fixed64: NOW() + 5_000_000n }],
  [9, attribute("gen_ai.operation.name", text("execute_tool"))],
  [9, attribute("gen_ai.tool.name", text("search"))],
  [9, attribute("gen_ai.tool.call.arguments", text('{"q":"needle"}'))],
  [
    9,
    attribute("gen_ai.tool.call.result", [
      [
        6,
        [
          [
            1,
            attribute("found", [
              [
                5,
                [
                  [1, text("a hit")],
                  [1, [[2, 1n]]],
                ],
              ],
            ]),
          ],
        ],
      ],
    ]),
  ],
  [9, attribute("server.port", [[3, 443n]])],
  [
    11,
    [
      [1, { fixed64: NOW() }],
      [2, "gen_ai.choice"],
      [3, attribute("content", text("done"))],
    ],
  ],
  [
    15,
    [
      [2, "it failed"],
      [3, 2n],
    ],
  ],
];
const log = (): Fields => [
  [1, { fixed64: NOW() }],
  [5, text("claude_code.tool_decision")],
  [6, attribute("tool_name", text("Bash"))],
  [6, attribute("decision", text("reject"))],
  [6, attribute("event.sequence", [[3, 7n]])],
  [9, ID],
  [11, { fixed64: NOW() }],
  [12, "claude_code.tool_decision"],
];
const point = (...more: Fields): Fields => [[3, { fixed64: NOW() }], [7, attribute("model", text("model-1"))], ...more];
const metric = (): Fields => [
  [1, "gen_ai.client.token.usage"],
  [
    7,
    [
      [1, point([6, { fixed64: 12n }])],
      [2, 1n],
      [3, 1n],
    ],
  ],
  [5, [[1, point([4, { double: 0.25 }])]]],
  [
    9,
    [
      [
        1,
        [
          [3, { fixed64: NOW() }],
          [4, { fixed64: 2n }],
          [5, { double: 42 }],
        ],
      ],
      [2, 1n],
    ],
  ],
];

function metrics(): object {
  const dataPoints = [{ timeUnixNano: String(NOW()), asInt: "12", attributes: [] }];
  const scopeMetrics = [{ metrics: [{ name: "tokens", sum: { aggregationTemporality: 1, dataPoints } }] }];
  return { resourceMetrics: [{ scopeMetrics }] };
}

/** Requests of every signal, in both encodings. */
export function otlpSamples(): readonly OtlpSample[] {
  const documents = [...SAMPLES["otlp-json"].flat(), metrics()];
  return [
    { path: "/v1/traces", isJson: false, body: request(span()) },
    { path: "/v1/logs", isJson: false, body: request(log()) },
    { path: "/v1/metrics", isJson: false, body: request(metric()) },
    ...documents.map((document): OtlpSample => {
      const path = "resourceSpans" in document ? "/v1/traces" : "resourceLogs" in document ? "/v1/logs" : "/v1/metrics";
      return { path, isJson: true, body: Buffer.from(JSON.stringify(document)) };
    }),
  ];
}
