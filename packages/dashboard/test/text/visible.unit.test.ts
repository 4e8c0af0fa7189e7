import { describe, expect, it } from "vitest";
import { cut, shortEnd, shortId, visible, visibleLines } from "../../src/text/visible.js";

describe("text that is shown", () => {
  it.each([
    ["\u001b[31mred", "␛[31mred"],
    ["a\u0000b\u007f", "a␀b␡"],
    ["\u202egnp.exe", "⟨202E⟩gnp.exe"],
    ["zero\u200bwidth\ufeff", "zero⟨200B⟩width⟨FEFF⟩"],
    ["tag\u{e0041}", "tag⟨E0041⟩"],
    ["lone\ud800", "lone⟨D800⟩"],
    ["a\nb\tc", "a␊b␉c"],
    ["<b>é 漢 👍</b>", "<b>é 漢 👍</b>"],
  ])("%j reads %j", (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it("keeps line breaks of longer texts, and marks them", () => {
    expect(visibleLines("one\ntwo\u202e")).toBe("one␊\ntwo⟨202E⟩");
  });

  it("is never cut inside a character", () => {
    expect(cut("ab👍cd", 3)).toBe("ab…");
    expect(cut("abc", 3)).toBe("abc");
  });

  it("shortens ids of digits to eight characters, and of names keeps what differs", () => {
    expect(shortId("01a22e23-6bd5-7a92-a107-42bf0e65c662")).toBe("01a22e23");
    expect(shortId("support-bot-eu")).toBe("support-bot-eu");
    expect(shortEnd("demo-session-224")).toBe("…ession-224");
    expect(shortEnd("support")).toBe("support");
  });
});
