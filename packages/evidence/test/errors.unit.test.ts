import { isStorageError, StorageError } from "@agent-assembly/storage-core";
import { expect, test } from "vitest";
import { EVIDENCE_PROBLEMS, EvidenceError, isEvidenceError, parseVerifierKey } from "../src/index.js";

test("evidence that does not hold is a storage error with a problem of its own", () => {
  for (const problem of EVIDENCE_PROBLEMS) {
    const error = new EvidenceError(problem, "it does not hold", "Ask for it again.");
    expect(error.message).toBe("it does not hold. Ask for it again.");
    expect(isStorageError(error, problem === "entry_unknown" ? "unsupported" : "corrupt")).toBe(true);
    expect(EVIDENCE_PROBLEMS.filter((one) => isEvidenceError(error, one))).toEqual([problem]);
    expect(isEvidenceError(error)).toBe(true);
  }
});

test("a wrong call, another error and no error are none", () => {
  const wrongCall = (): unknown => {
    try {
      return parseVerifierKey("no key");
    } catch (error) {
      return error;
    }
  };
  const others = [
    wrongCall(),
    new StorageError({ code: "corrupt", message: "damaged" }),
    new Error("no"),
    undefined,
    { problem: "key_unknown" },
  ];
  expect(others.filter((one) => isEvidenceError(one))).toEqual([]);
});
