import { StorageError } from "@agent-assembly/storage-core";
import { describe, expect, test } from "vitest";
import { modelCall, modelCallCases, sumsOf } from "./support/model-calls.js";
import { type TestApi, testApi } from "./support/test-api.js";

const sampled = (options = {}): Promise<TestApi> => testApi({ sampleModelCalls: true, ...options });

describe("samples of model calls on SQLite", () => modelCallCases(sampled));

test("samples that cannot be recorded cost no event, and are counted and told", async () => {
  const errors: unknown[] = [];
  const away = new StorageError({ code: "unavailable", message: "away" });
  const api = await sampled({
    onError: (error: unknown) => errors.push(error),
    wrap: (storage: TestApi["storage"]) => {
      const record = () => Promise.reject(away);
      const metrics = new Proxy(storage.metrics, {
        get: (target, name) => (name === "record" ? record : Reflect.get(target, name)),
      });
      return new Proxy(storage, { get: (target, name) => (name === "metrics" ? metrics : Reflect.get(target, name)) });
    },
  });
  const { status, body } = await api.call("POST", "/events", { json: [modelCall("lost", { input: 3 })] });
  expect([status, body.inserted]).toEqual([200, 1]);
  expect(errors).toEqual([away]);
  expect(await api.context.metrics.text()).toContain("\naasm_model_call_samples_lost_total 1\n");
});

test("nothing is sampled unless it is asked for", async () => {
  const api = await testApi();
  await api.call("POST", "/events", { json: [modelCall("off", { input: 3 })] });
  expect(await sumsOf(api, "tokens", "off")).toEqual({});
});
