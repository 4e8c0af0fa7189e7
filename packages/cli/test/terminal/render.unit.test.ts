import { describe, expect, test } from "vitest";
import { renderExplanation } from "../../src/commands/audit/view-explanation.js";
import { renderSummaryChart } from "../../src/commands/audit/view-summary.js";
import { renderBars } from "../../src/terminal/bars.js";
import { escapeJson, escapeText } from "../../src/terminal/escape.js";
import { formatBytes, formatRelative, formatSecond, formatTime } from "../../src/terminal/format.js";
import { createStyle, wantsColor } from "../../src/terminal/style.js";
import { renderTable } from "../../src/terminal/table.js";
import { displayWidth, truncate } from "../../src/terminal/truncate.js";

const plain = createStyle(false);

describe("stored text cannot drive the terminal", () => {
  test.each([
    ["\u001b[31mred\u001b]0;title\u0007", "\\x1b[31mred\\x1b]0;title\\x07"],
    ["a\r\nb\tc", "a\\r\\nb\\tc"],
    ["\u009b2J", "\\x9b2J"],
    ["abc\u202etxt.exe\u2066", "abc\\u{202e}txt.exe\\u{2066}"],
    ["zero\u200bwidth\ufeff", "zero\\u{200b}width\\u{feff}"],
    ["tag\u{e0041}", "tag\\u{e0041}"],
    ["lone \ud800", "lone \\u{d800}"],
    ["ok ä € 😀 שלום", "ok ä € 😀 שלום"],
  ])("%j", (text, expected) => {
    expect(escapeText(text)).toBe(expected);
  });

  test("JSON stays the same document", () => {
    const value = { "k\u009b": "\u202e \u{e0041} \u001b \u2028 ä" };
    const text = escapeJson(JSON.stringify(value));
    expect(JSON.parse(text)).toEqual(value);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what must be absent
    expect(text).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
  });
});

describe("tables", () => {
  const name = { title: "NAME", value: (row: string[]) => row[0] };
  const count = { title: "COUNT", value: (row: string[]) => row[1], align: "right" as const };
  const columns = [name, { title: "EMPTY", value: () => undefined }, count];

  test("align, and leave out what no row has", () => {
    expect(
      renderTable(
        [
          ["a", "1"],
          ["long name", "100"],
        ],
        columns,
        undefined,
        plain,
      ),
    ).toBe("NAME       COUNT\na              1\nlong name    100\n");
  });

  test.each([12, 20, 33, 80])("fit %i columns, also with wide characters", (width) => {
    const rows = [
      ["漢字漢字漢字漢字漢字漢字漢字漢字", "1"],
      ["👨‍👩‍👧‍👦 family".repeat(9), "22"],
      ["x".repeat(500), "333"],
    ];
    for (const line of renderTable(rows, columns, width, plain).trimEnd().split("\n")) {
      expect(displayWidth(line)).toBeLessThanOrEqual(width);
    }
  });

  test("without a terminal a row is one line, nothing of it cut", () => {
    const [long, broken] = ["x".repeat(5000), "two\nlines\u001b[2J"];
    const text = renderTable(
      [
        [long, "1"],
        [broken, "2"],
      ],
      columns,
      undefined,
      plain,
    );
    expect(text.trimEnd().split("\n")).toEqual([
      `${"NAME".padEnd(2000)}  COUNT`,
      `${long}      1`,
      `${"two\\nlines\\x1b[2J".padEnd(2000)}      2`,
    ]);
  });

  test("colour does not shift columns", () => {
    const colored = [{ ...name, style: () => createStyle(true).red }, count];
    const text = renderTable([["a", "1"]], colored, 40, createStyle(true));
    expect(text.split("\n")[1]).toBe("\u001b[31ma   \u001b[39m      1");
  });

  test("cutting keeps whole characters", () => {
    expect(truncate("abcdef", 4)).toBe("abc…");
    expect(truncate("漢字漢", 4)).toBe("漢…");
    expect(truncate("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 3)).toBe("👨‍👩‍👧‍👦…");
  });
});

test("bars are in proportion, and nothing above zero is invisible", () => {
  const text = renderBars(
    [
      { label: "a", value: 1000 },
      { label: "b", value: 500 },
      { label: "c", value: 1 },
      { label: "d", value: 0 },
    ],
    40,
    plain,
  );
  const [a, b, c, d] = text.split("\n").map((line) => line.replace(/^.*\d ?/, "").trim());
  expect(a).toMatch(/^█+$/);
  expect(Math.abs((a?.length ?? 0) / 2 - (b?.length ?? 0))).toBeLessThanOrEqual(1);
  expect(c).toBe("▏");
  expect(d).toBe("");
});

test("a chart over time fills empty buckets", () => {
  const rows = [0, 3].map((hour) => ({ bucket: new Date(Date.UTC(2026, 0, 1, hour)), key: {}, count: hour + 1 }));
  const lines = renderSummaryChart(rows, { every: "1h" }, 80, plain).trimEnd().split("\n");
  expect(lines.map((line) => line.slice(0, 20))).toEqual([
    "2026-01-01 00:00Z  1",
    "2026-01-01 01:00Z  0",
    "2026-01-01 02:00Z  0",
    "2026-01-01 03:00Z  4",
  ]);
});

test("times and sizes", () => {
  const now = Date.UTC(2026, 0, 2);
  expect(formatTime(new Date(now))).toBe("2026-01-02 00:00:00Z");
  expect(formatTime(new Date(now + 5))).toBe("2026-01-02 00:00:00.005Z");
  expect(formatSecond(new Date(now + 5))).toBe("2026-01-02 00:00:00Z");
  expect(formatRelative(new Date(now - 90_000), now)).toBe("1m ago");
  expect(formatRelative(new Date(now + 7_200_000), now)).toBe("in 2h");
  expect(formatRelative(new Date(now), now)).toBe("now");
  expect(formatBytes(1536)).toBe("1.5 KiB");
});

test("colours are the terminal's own, and nothing stays nothing", () => {
  const { enabled: _, ...paints } = createStyle(true);
  expect(Object.fromEntries(Object.entries(paints).map(([name, paint]) => [name, paint("x")]))).toEqual({
    bold: "\u001b[1mx\u001b[22m",
    dim: "\u001b[2mx\u001b[22m",
    red: "\u001b[31mx\u001b[39m",
    green: "\u001b[32mx\u001b[39m",
    yellow: "\u001b[33mx\u001b[39m",
    blue: "\u001b[34mx\u001b[39m",
    magenta: "\u001b[35mx\u001b[39m",
    cyan: "\u001b[36mx\u001b[39m",
  });
  expect(createStyle(true).red("")).toBe("");
  expect(plain.red("x")).toBe("x");
});

test("colour needs a terminal and no objection", () => {
  expect(wantsColor(true, true, {})).toBe(true);
  expect(wantsColor(false, true, {})).toBe(false);
  expect(wantsColor(true, false, {})).toBe(false);
  expect(wantsColor(true, true, { NO_COLOR: "1" })).toBe(false);
  expect(wantsColor(true, true, { NO_COLOR: "" })).toBe(true);
  expect(wantsColor(true, true, { TERM: "dumb" })).toBe(false);
  expect(wantsColor(false, true, { FORCE_COLOR: "1" })).toBe(true);
  expect(wantsColor(true, true, { FORCE_COLOR: "1", NO_COLOR: "1", TERM: "dumb" })).toBe(true);
  expect(wantsColor(true, false, { FORCE_COLOR: "1" })).toBe(false);
  expect(wantsColor(true, true, { FORCE_COLOR: "0" })).toBe(false);
  expect(wantsColor(true, true, { FORCE_COLOR: "false" })).toBe(false);
  expect(wantsColor(false, true, { FORCE_COLOR: "" })).toBe(false);
});

test("an explanation of a summary says in order of time what was read, and what was taken off the counts", () => {
  const at = (time: string): Date => new Date(`2026-01-05T${time}Z`);
  const shown = renderExplanation(
    {
      source: "both",
      countedBy: ["decision"],
      counts: [{ by: "hour", from: at("02:00"), to: at("05:00") }],
      subtracted: [{ from: at("04:40"), to: at("05:00") }],
      events: [{ from: at("01:40"), to: at("02:00") }],
      uncounted: 0,
    },
    undefined,
    plain,
  );
  expect(shown).toBe(
    [
      "READ               FROM                  TO",
      "events             2026-01-05 01:40:00Z  2026-01-05 02:00:00Z",
      "counts by hour     2026-01-05 02:00:00Z  2026-01-05 05:00:00Z",
      "events, taken off  2026-01-05 04:40:00Z  2026-01-05 05:00:00Z",
      "The counts are kept by decision.",
      "",
    ].join("\n"),
  );
});
