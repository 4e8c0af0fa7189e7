import { describe, expect, it } from "vitest";
import { npmReason } from "../../src/peers/install.js";

function failed(stderr: string): Error & { stderr: string } {
  return Object.assign(new Error("Command failed: npm install\nmore"), { stderr });
}

describe("why npm could not install a peer", () => {
  it("is its code and the sentence after it", () => {
    const offline = [
      "npm warn something else",
      "npm error code ECONNREFUSED",
      "npm error syscall connect",
      "npm error errno ECONNREFUSED",
      "npm error FetchError: request failed, reason: connect ECONNREFUSED",
      "npm error A complete log of this run can be found in: a file",
    ].join("\n");
    expect(npmReason(failed(offline))).toBe("ECONNREFUSED: FetchError: request failed, reason: connect ECONNREFUSED");
    const missing = "npm error code ETARGET\nnpm error notarget No matching version found for x@1.0.0.";
    expect(npmReason(failed(missing))).toBe("ETARGET: notarget No matching version found for x@1.0.0.");
  });

  it("is the first line of the error where npm says nothing", () => {
    expect(npmReason(failed(""))).toBe("Command failed: npm install");
  });

  it("is the time where it was too long", () => {
    expect(npmReason(Object.assign(failed(""), { killed: true }))).toBe("it took more than 15 minutes");
  });
});
